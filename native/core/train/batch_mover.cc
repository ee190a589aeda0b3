#include "core/train/batch_mover.h"

#include <utility>

#include "core/device/memory_failure.h"
#include "core/train/batch_images.h"

namespace torchwing {

static_assert(CopyLane::kBuffers > BatchMover::kAhead, "beside those that are ahead, one is in use");

void BatchMover::begin(at::Device device, at::ScalarType dtype, std::int64_t epoch, std::int64_t start_step) {
  end();
  dtype_ = dtype;
  on_cpu_ = device.is_cpu();
  if (!on_cpu_ && (!lane_ || lane_->device() != device)) {
    const bool bytes = loader_.form() == BatchForm::kUint8;
    lane_ = std::make_unique<CopyLane>(device, loader_.batchSize(), bytes ? &loader_.table() : nullptr);
  }
  skipped_ = 0;
  loader_.start(epoch, start_step);
}

void BatchMover::end() {
  loader_.cancel();
  held_ = nullptr;
  ahead_.clear();
  if (lane_) lane_->clear();
}

const Batch* BatchMover::takeFromLoader() {
  if (held_ == nullptr) held_ = loader_.next();
  return held_;
}

std::optional<MovedBatch> BatchMover::next() {
  if (on_cpu_) return nextOnCpu();
  if (ahead_.empty()) copyNext();
  const Ahead& front = ahead_.front();
  skipped_ = front.skipped;
  // The end and a failure stay: there is nothing behind them.
  if (front.failure) std::rethrow_exception(front.failure);
  if (!front.batch) return std::nullopt;
  MovedBatch batch = lane_->pop(dtype_);
  ahead_.pop_front();
  return batch;
}

std::optional<MovedBatch> BatchMover::nextOnCpu() {
  const Batch* const batch = takeFromLoader();
  skipped_ = loader_.skipped();
  if (batch == nullptr) return std::nullopt;
  MovedBatch moved{batchImages(loader_, *batch, dtype_), batchLabels(*batch), batch->step};
  loader_.release(std::exchange(held_, nullptr));
  return moved;
}

void BatchMover::copyAhead() {
  if (on_cpu_) return;
  try {
    while (ahead_.size() < kAhead && (ahead_.empty() || ahead_.back().batch) && loader_.ready()) copyNext();
  } catch (...) {
    // Ahead of its time a batch may find no room: it is tried again in its turn.
    if (!memoryFailure(std::current_exception())) throw;
  }
}

void BatchMover::copyNext() {
  Ahead next;
  try {
    next.batch = takeFromLoader() != nullptr;
  } catch (...) {
    next.failure = std::current_exception();
  }
  next.skipped = loader_.skipped();
  if (next.batch) {
    lane_->push(*held_);
    loader_.release(std::exchange(held_, nullptr));
  }
  ahead_.push_back(std::move(next));
}

}  // namespace torchwing
