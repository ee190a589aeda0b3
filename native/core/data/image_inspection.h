#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/decode_limits.h"
#include "core/data/inspect_image.h"
#include "core/runtime/stop_flag.h"

namespace torchwing {

/// Inspects many files on threads of its own, which hold no Tensor and call no ATen.
class ImageInspection {
 public:
  /// `workers`: threads, at least 1.
  ImageInspection(std::vector<std::string> paths, const DecodeLimits& limits, int workers)
      : paths_(std::move(paths)), limits_(limits), workers_(workers) {}

  /// The facts in the order of the paths, or nothing after cancel(). Once only: throws Error INVALID_ARGUMENT
  /// for a second call. Any thread; it works too.
  std::optional<std::vector<ImageFacts>> run();
  /// Ends run() after the files that are being decoded. Any thread.
  void cancel() noexcept { stop_.request(); }
  /// Files inspected so far. Any thread.
  std::int64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }

 private:
  void work(std::vector<ImageFacts>& facts);

  std::vector<std::string> paths_;
  DecodeLimits limits_;
  int workers_;
  StopFlag stop_;
  std::atomic<bool> started_{false};
  std::atomic<std::size_t> next_{0};
  std::atomic<std::int64_t> done_{0};
};

}  // namespace torchwing
