#include "core/train/copy_lane.h"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>

#include <cstring>
#include <utility>

#include "core/device/stream_scope.h"
#include "core/train/batch_images.h"

namespace torchwing {
namespace {

at::Tensor pinned(at::IntArrayRef shape, at::ScalarType dtype) {
  return at::empty(shape, at::TensorOptions().dtype(dtype).pinned_memory(true));
}

/// Of the computing stream's memory. The allocator is not told that another stream uses it, or it would ask
/// the device for an event where the memory is given back, and nobody could catch what a failed one throws;
/// see clear().
at::Tensor onDevice(const at::Tensor& host, at::Device device) {
  return at::empty(host.sizes(), at::TensorOptions(device).dtype(host.scalar_type()));
}

std::vector<std::int64_t> pixelShape(const Batch& batch, std::int64_t images) {
  if (batch.form == BatchForm::kUint8) return {images, batch.height, batch.width, 3};
  return {images, 3, batch.height, batch.width};
}

void fill(const at::Tensor& target, const void* source) {
  std::memcpy(target.mutable_data_ptr(), source, target.nbytes());
}

/// After a failure that is already on its way to whoever asked.
void recordQuietly(c10::Event& event, at::Stream stream) noexcept {
  try {
    event.record(stream);
  } catch (...) {
    // Only a device that has failed cannot record an event, and each further call says so itself.
  }
}

/// One of the few places where the host waits for the device: when it is far ahead of it.
void waitForRoom(const c10::Event& copied) {
  copied.synchronize();
}

}  // namespace

CopyLane::Buffers::Buffers(at::Device device, std::int64_t capacity, const Batch& batch)
    : pinned_pixels(
          pinned(pixelShape(batch, capacity), batch.form == BatchForm::kUint8 ? at::kByte : at::kFloat)),
      pinned_labels(pinned(capacity, at::kLong)),
      pixels(onDevice(pinned_pixels, device)),
      labels(onDevice(pinned_labels, device)),
      copied(device.type()),
      converted(device.type()) {
  // The allocator may have given memory that the computing stream has yet to leave.
  converted.record(currentStreamOf(device));
}

CopyLane::CopyLane(at::Device device, std::int64_t capacity, const NormalizeTable* table)
    : device_(device),
      // CUDA graphs are recorded on streams of the other pool, and a stream that records must not copy.
      copying_(urgentStreamOfPool(device)),
      capacity_(capacity),
      host_table_(table) {}

CopyLane::Buffers& CopyLane::nextBuffers(const Batch& batch) {
  while (buffers_.size() < kBuffers) buffers_.push_back(std::make_unique<Buffers>(device_, capacity_, batch));
  Buffers& buffers = *buffers_[pushed_ % kBuffers];
  if (!buffers.copied.query()) waitForRoom(buffers.copied);
  return buffers;
}

void CopyLane::push(const Batch& batch) {
  Buffers& buffers = nextBuffers(batch);
  const auto part = [&batch](const at::Tensor& whole) { return whole.narrow(0, 0, batch.size); };
  fill(part(buffers.pinned_pixels), batch.pixels);
  fill(part(buffers.pinned_labels), batch.labels.data());
  buffers.converted.block(copying_);
  {
    const c10::StreamGuard on_copying(copying_);
    try {
      part(buffers.pixels).copy_(part(buffers.pinned_pixels), /*non_blocking=*/true);
      part(buffers.labels).copy_(part(buffers.pinned_labels), /*non_blocking=*/true);
    } catch (...) {
      recordQuietly(buffers.copied, copying_);
      throw;
    }
    buffers.copied.record(copying_);
  }
  buffers.size = batch.size;
  buffers.step = batch.step;
  ++pushed_;
}

MovedBatch CopyLane::pop(at::ScalarType dtype) {
  Buffers& buffers = *buffers_[popped_ % kBuffers];
  const at::Stream computing = currentStreamOf(device_);
  buffers.copied.block(computing);
  const MovedBatch moved{convert(buffers, dtype), buffers.labels.narrow(0, 0, buffers.size).clone(),
                         buffers.step};
  buffers.converted.record(computing);
  ++popped_;
  return moved;
}

at::Tensor CopyLane::convert(Buffers& buffers, at::ScalarType dtype) {
  const at::Tensor pixels = buffers.pixels.narrow(0, 0, buffers.size);
  // A copy in any case: the buffer is for the next batch.
  if (pixels.scalar_type() == at::kFloat) return pixels.to(dtype, /*non_blocking=*/false, /*copy=*/true);
  if (!table_.defined()) {
    buffers.pinned_table = pinned(static_cast<std::int64_t>(host_table_->size()), at::kFloat);
    fill(buffers.pinned_table, host_table_->data());
    table_ = buffers.pinned_table.to(device_, /*non_blocking=*/true);
  }
  return lookUp(pixels, table_).to(dtype);
}

void CopyLane::clear() noexcept {
  if (buffers_.empty()) return;
  try {
    // Memory on the device is the computing stream's again when this returns, and so for the next to take.
    const at::Stream computing = currentStreamOf(device_);
    for (const auto& buffers : buffers_) buffers->copied.block(computing);
    // Whether the device has failed; an event that was never recorded does not tell.
    copying_.query();
  } catch (...) {
    // Page-locked memory that was copied could only be given back with an event of the device's, and what
    // that throws would end the process. The device is lost to it, and this with it.
    for (std::unique_ptr<Buffers>& buffers : buffers_) {
      Buffers* const lost = buffers.release();
      lost->lost_before = lost_.exchange(lost);
    }
  }
  buffers_.clear();
  pushed_ = popped_ = 0;
}

}  // namespace torchwing
