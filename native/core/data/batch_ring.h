#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "core/data/batch.h"

namespace torchwing {

/// One place of the loader's ring: a batch, its memory, and how far the workers
/// are with it. Guarded by the loader's mutex, but for the pixels of an image,
/// which belong to the worker that makes it.
class RingSlot {
 public:
  using Indices = std::vector<std::int64_t>;

  RingSlot(std::size_t batch_size, std::size_t image_bytes)
      : image_bytes_(image_bytes), storage_(batch_size * image_bytes), failures_(batch_size) {
    batch_.pixels = storage_.data();
    // A worker begins a batch under the lock, where it must not fail for memory.
    batch_.indices.reserve(batch_size);
  }

  /// Begins batch `step` of the given samples, in order.
  void begin(std::int64_t step, Indices::const_iterator first, Indices::const_iterator last) {
    batch_.step = step;
    batch_.indices.assign(first, last);
    remaining_ = batch_.indices.size();
    std::fill(failures_.begin(), failures_.end(), nullptr);
    in_use_ = true;
  }

  std::uint8_t* imageTarget(std::size_t position) { return storage_.data() + position * image_bytes_; }

  /// One image is finished, with the exception that ended it or null. Returns
  /// whether the batch is complete.
  bool finish(std::size_t position, std::exception_ptr failure) {
    failures_[position] = std::move(failure);
    return --remaining_ == 0;
  }

  bool complete() const noexcept { return in_use_ && remaining_ == 0; }
  bool inUse() const noexcept { return in_use_; }
  void free() noexcept { in_use_ = false; }
  Batch& batch() noexcept { return batch_; }

  /// The failure of the first image in order that has one for which `counts` holds, or null.
  std::exception_ptr firstFailure(const std::function<bool(const std::exception_ptr&)>& counts) const;
  /// Closes the gaps that failed images left, keeping order; returns their
  /// sample indices.
  std::vector<std::int64_t> dropFailed();

 private:
  std::size_t image_bytes_;
  std::vector<std::uint8_t> storage_;
  std::vector<std::exception_ptr> failures_;
  std::size_t remaining_ = 0;
  bool in_use_ = false;
  Batch batch_;
};

}  // namespace torchwing
