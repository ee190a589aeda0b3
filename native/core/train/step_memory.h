#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

#include "core/train/epoch_runner.h"

namespace torchwing {

/// What a phase does when memory runs out: tries again without what can be spared; then says so with the
/// batch that was tried, or, with PhaseOptions::auto_batch, halves the part of the batch that is computed at
/// once, down to two images, and tries again. Compute thread.
class StepMemory {
 public:
  /// `spare` gives back what can be spared, and says whether there was any.
  StepMemory(const PhaseOptions& options, c10::Device device, std::function<bool()> spare)
      : options_(options), device_(device), spare_(std::move(spare)), micro_batch_(options.micro_batch) {}

  /// As PhaseOptions::micro_batch, as it is now.
  std::int64_t microBatch() const noexcept { return micro_batch_; }

  /// Gives `work(microBatch())`, which must leave everything as it was when it fails. `step` and its number
  /// of `images` are for the error, and the listener hears of each halving. Throws OutOfMemory, and
  /// whatever else `work` throws.
  template <class Work>
  auto retry(const Work& work, std::int64_t step, std::int64_t images, PhaseListener& listener) {
    for (;;) {
      std::exception_ptr failure;
      try {
        return work(micro_batch_);
      } catch (...) {
        failure = std::current_exception();
      }
      // Outside the handler, where nothing of the attempt is held any more.
      makeRoom(failure, step, images, listener);
    }
  }

 private:
  void makeRoom(const std::exception_ptr& failure, std::int64_t step, std::int64_t images,
                PhaseListener& listener);

  const PhaseOptions options_;
  c10::Device device_;
  const std::function<bool()> spare_;
  std::int64_t micro_batch_;
};

/// Throws OutOfMemory where memory ran out in a phase, but not in a step: for its own buffers or a snapshot.
/// Rethrows any other failure.
[[noreturn]] void refusePhase(const std::exception_ptr& failure, const PhaseOptions& options,
                              c10::Device device, std::int64_t batch_size);

}  // namespace torchwing
