#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "core/data/loader.h"
#include "core/train/copy_lane.h"

namespace torchwing {

/// Takes a loader's batches to the device that computes on them. To an accelerator they travel as the loader
/// makes them (bytes, for the common pipeline), two batches ahead of the step that computes; see CopyLane. On
/// the CPU nothing is copied ahead: a batch is converted when its turn comes. Compute thread.
class BatchMover {
 public:
  /// Batches that are on their way while a step computes.
  static constexpr std::size_t kAhead = 2;

  explicit BatchMover(Loader& loader) : loader_(loader) {}
  BatchMover(const BatchMover&) = delete;
  BatchMover& operator=(const BatchMover&) = delete;

  Loader& loader() noexcept { return loader_; }

  /// Starts the loader's epoch at this step; the images are wanted in `dtype` on `device`.
  void begin(at::Device device, at::ScalarType dtype, std::int64_t epoch, std::int64_t start_step);
  /// However a phase ends, the workers need not go on. The device may still be copying.
  void end();

  /// Whether next() returns at once.
  bool ready() const { return !ahead_.empty() || loader_.ready(); }
  /// The next batch in order; nothing at the end of the epoch. Throws what Loader::next() throws, after the
  /// batches before it. After a failure for want of memory the next call gives the same batch.
  std::optional<MovedBatch> next();
  /// Begins to copy what the loader has ready, up to kAhead batches: work for the host while the device
  /// computes.
  void copyAhead();

  /// Images that were left out of the batches given so far; at the end, of the whole epoch.
  std::int64_t skipped() const noexcept { return skipped_; }

 private:
  /// What the loader gave: a batch that is in the lane, or else a failure or the end.
  struct Ahead {
    bool batch = false;
    std::exception_ptr failure;
    std::int64_t skipped = 0;
  };

  std::optional<MovedBatch> nextOnCpu();
  const Batch* takeFromLoader();
  void copyNext();

  Loader& loader_;
  at::ScalarType dtype_ = at::kFloat;
  std::unique_ptr<CopyLane> lane_;  ///< on an accelerator; its table lasts as long as this
  bool on_cpu_ = true;
  std::deque<Ahead> ahead_;
  const Batch* held_ = nullptr;  ///< taken from the loader, and not yet moved
  std::int64_t skipped_ = 0;
};

}  // namespace torchwing
