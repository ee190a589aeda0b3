#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/decode_limits.h"
#include "core/data/images_under_way.h"
#include "core/data/inspect_image.h"

namespace torchwing {

/// Inspects many files on threads of its own, which hold no Tensor and call no ATen.
class ImageInspection {
 public:
  /// `workers`: threads, at least 1.
  ImageInspection(std::vector<std::string> paths, const DecodeLimits& limits, int workers);

  /// The facts in the order of the paths, or nothing after cancel(). Once only: throws Error INVALID_ARGUMENT
  /// for a second call. Any thread.
  std::optional<std::vector<ImageFacts>> run();
  /// Ends run() after the files that are being decoded; a thread stuck in the kernel for over a second is
  /// abandoned, what it touches kept alive. Any thread.
  void cancel() noexcept;
  /// Files inspected so far. Any thread.
  std::int64_t done() const noexcept;
  /// Files that threads have been busy with for `seconds` or longer, the longest first. Any thread.
  std::vector<ImageUnderWay> underWay(double seconds) const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace torchwing
