#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <deque>
#include <memory>
#include <optional>
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
  /// Batches are of at most `capacity` images. The table is read for BatchForm::kUint8 only.
  CopyLane(at::Device device, std::int64_t capacity, const NormalizeTable* table);

  at::Device device() const noexcept { return device_; }

  /// Begins to copy a batch, whose memory is free afterwards. When it fails nothing is queued.
  void push(const Batch& batch);
  bool empty() const noexcept { return queued_.empty(); }
  /// The oldest batch as model input, float [N, 3, H, W] in channels_last order where the batch is of bytes.
  /// It stays queued when this fails.
  MovedBatch pop(at::ScalarType dtype);
  /// Drops what is queued and gives the buffers back; the device may still be copying.
  void clear();

 private:
  /// Buffers of one batch. The page-locked ones are the host's again when `copied` is done, those on the
  /// device the copying stream's when `converted` is.
  struct Buffers {
    Buffers(at::Device device, at::Stream copying, std::int64_t capacity, const Batch& batch);

    at::Tensor pinned_pixels, pinned_labels;
    at::Tensor pixels, labels;
    c10::Event copied, converted;
  };
  struct Queued {
    std::unique_ptr<Buffers> buffers;
    std::int64_t size = 0;
    std::int64_t step = 0;
  };

  std::unique_ptr<Buffers> takeBuffers(const Batch& batch);
  void makeBuffers(const Batch& batch);
  at::Tensor convert(const at::Tensor& pixels, at::ScalarType dtype);

  at::Device device_;
  at::Stream copying_;
  std::int64_t capacity_;
  const NormalizeTable* host_table_;
  at::Tensor table_;                           ///< on the device; made by the first batch that needs it
  std::deque<std::unique_ptr<Buffers>> idle_;  ///< the longest idle first, new ones before them
  std::deque<Queued> queued_;
};

}  // namespace torchwing
