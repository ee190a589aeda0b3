#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <atomic>
#include <memory>
#include <vector>

#include "core/data/batch.h"

namespace torchwing {

/// A batch on the model's device, in memory of its own.
struct MovedBatch {
  at::Tensor images;      ///< float [N, 3, H, W] in the model's dtype
  at::Tensor labels;      ///< int64 [N]
  std::int64_t step = 0;  ///< 0-based position in the epoch
};

/// Batches on their way to an accelerator: page-locked buffers, a stream that copies, and a queue of what is
/// on it. Events order the copying and the computing stream, so that the host waits for neither. The stream
/// that is current in a call is the one that computes. Compute thread.
class CopyLane {
 public:
  /// For one batch that computes and two on their way. Before one is filled again its copy must be done, and
  /// that waits for the batch before it in the same buffers to be in use, so that a host which is four steps
  /// ahead of the device waits for it: a prediction during training stands behind no more than those.
  static constexpr std::size_t kBuffers = 3;

  /// Batches are of at most `capacity` images. The table is read for BatchForm::kUint8 only.
  CopyLane(at::Device device, std::int64_t capacity, const NormalizeTable* table);
  ~CopyLane() { clear(); }
  CopyLane(const CopyLane&) = delete;
  CopyLane& operator=(const CopyLane&) = delete;

  at::Device device() const noexcept { return device_; }

  /// Begins to copy a batch, whose memory is free afterwards; fewer than kBuffers may be queued. When it
  /// fails nothing is queued.
  void push(const Batch& batch);
  /// The oldest batch as model input, float [N, 3, H, W] in channels_last order where the batch is of bytes.
  /// It stays queued when this fails.
  MovedBatch pop(at::ScalarType dtype);
  /// Drops what is queued and gives the buffers back, unless the device has failed; it may still be copying.
  void clear() noexcept;

 private:
  /// Buffers of one batch. The page-locked ones are the host's again when `copied` is done, those on the
  /// device the copying stream's when `converted` is.
  struct Buffers {
    Buffers(at::Device device, std::int64_t capacity, const Batch& batch);

    at::Tensor pinned_pixels, pinned_labels;
    at::Tensor pixels, labels;
    at::Tensor pinned_table;  ///< in those of a loader's first batch, what table_ is copied from
    c10::Event copied, converted;
    std::int64_t size = 0;           ///< images of the batch
    std::int64_t step = 0;           ///< the batch's
    Buffers* lost_before = nullptr;  ///< see lost_
  };

  /// Those that the next batch is written into, free for it.
  Buffers& nextBuffers(const Batch& batch);
  at::Tensor convert(Buffers& buffers, at::ScalarType dtype);

  /// Of devices that failed, which cannot be given back: a list of all in the process.
  static inline std::atomic<Buffers*> lost_{nullptr};

  at::Device device_;
  at::Stream copying_;
  std::int64_t capacity_;
  const NormalizeTable* host_table_;
  at::Tensor table_;  ///< on the device; made by the first batch that needs it
  /// Used in turn. All are made by the first batch, so that memory depends neither on how quick the loader is
  /// nor on how slow the device.
  std::vector<std::unique_ptr<Buffers>> buffers_;
  std::size_t pushed_ = 0;  ///< batches since clear()
  std::size_t popped_ = 0;
};

}  // namespace torchwing
