#include "core/train/copy_lane.h"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <utility>

#include "core/device/stream_scope.h"
#include "core/train/batch_images.h"

namespace torchwing {
namespace {

/// For one batch that computes and two on their way; made at once, so that memory does not depend on how
/// quick the loader is.
constexpr std::size_t kFirstBuffers = 3;

/// How many batches the host may be ahead of the device before it waits for room: page-locked memory is
/// bounded by it, and so is how long a prediction during training waits behind steps that are queued.
constexpr std::size_t kMostBuffers = 8;

at::Tensor pinned(at::IntArrayRef shape, at::ScalarType dtype) {
  return at::empty(shape, at::TensorOptions().dtype(dtype).pinned_memory(true));
}

/// On the computing stream's memory, known to the allocator as used by the copying one.
at::Tensor onDevice(const at::Tensor& host, at::Device device, at::Stream copying) {
  at::Tensor tensor = at::empty(host.sizes(), at::TensorOptions(device).dtype(host.scalar_type()));
  c10::impl::VirtualGuardImpl(device.type()).recordDataPtrOnStream(tensor.storage().data_ptr(), copying);
  return tensor;
}

std::vector<std::int64_t> pixelShape(const Batch& batch, std::int64_t images) {
  if (batch.form == BatchForm::kUint8) return {images, batch.height, batch.width, 3};
  return {images, 3, batch.height, batch.width};
}

void fill(const at::Tensor& target, const void* source) {
  std::memcpy(target.mutable_data_ptr(), source, target.nbytes());
}

/// Records where a stream has come to at the end of a scope, however it ends.
class RecordAtEnd {
 public:
  RecordAtEnd(c10::Event& event, at::Stream stream) : event_(event), stream_(stream) {}
  ~RecordAtEnd() { event_.record(stream_); }
  RecordAtEnd(const RecordAtEnd&) = delete;
  RecordAtEnd& operator=(const RecordAtEnd&) = delete;

 private:
  c10::Event& event_;
  at::Stream stream_;
};

/// One of the few places where the host waits for the device: when it is kMostBuffers batches ahead of it.
void waitForRoom(const c10::Event& copied) {
  copied.synchronize();
}

}  // namespace

CopyLane::Buffers::Buffers(at::Device device, at::Stream copying, std::int64_t capacity, const Batch& batch)
    : pinned_pixels(
          pinned(pixelShape(batch, capacity), batch.form == BatchForm::kUint8 ? at::kByte : at::kFloat)),
      pinned_labels(pinned(capacity, at::kLong)),
      pixels(onDevice(pinned_pixels, device, copying)),
      labels(onDevice(pinned_labels, device, copying)),
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

std::unique_ptr<CopyLane::Buffers> CopyLane::takeBuffers(const Batch& batch) {
  const auto made = [this] { return idle_.size() + queued_.size(); };
  while (made() < kFirstBuffers) makeBuffers(batch);
  if (idle_.empty() || !idle_.front()->copied.query()) {
    if (made() < kMostBuffers) {
      makeBuffers(batch);
    } else {
      waitForRoom(idle_.front()->copied);
    }
  }
  std::unique_ptr<Buffers> buffers = std::move(idle_.front());
  idle_.pop_front();
  return buffers;
}

void CopyLane::makeBuffers(const Batch& batch) {
  idle_.push_front(std::make_unique<Buffers>(device_, copying_, capacity_, batch));
}

void CopyLane::push(const Batch& batch) {
  Queued next{takeBuffers(batch), batch.size, batch.step};
  Buffers& buffers = *next.buffers;
  const auto part = [&batch](const at::Tensor& whole) { return whole.narrow(0, 0, batch.size); };
  fill(part(buffers.pinned_pixels), batch.pixels);
  fill(part(buffers.pinned_labels), batch.labels.data());
  buffers.converted.block(copying_);
  {
    const c10::StreamGuard on_copying(copying_);
    const RecordAtEnd record(buffers.copied, copying_);
    part(buffers.pixels).copy_(part(buffers.pinned_pixels), /*non_blocking=*/true);
    part(buffers.labels).copy_(part(buffers.pinned_labels), /*non_blocking=*/true);
  }
  queued_.push_back(std::move(next));
}

MovedBatch CopyLane::pop(at::ScalarType dtype) {
  Queued& next = queued_.front();
  Buffers& buffers = *next.buffers;
  const at::Stream computing = currentStreamOf(device_);
  buffers.copied.block(computing);
  const MovedBatch moved{convert(buffers.pixels.narrow(0, 0, next.size), dtype),
                         buffers.labels.narrow(0, 0, next.size).clone(), next.step};
  buffers.converted.record(computing);
  idle_.push_back(std::move(next.buffers));
  queued_.pop_front();
  return moved;
}

at::Tensor CopyLane::convert(const at::Tensor& pixels, at::ScalarType dtype) {
  // A copy in any case: the buffer is for the next batch.
  if (pixels.scalar_type() == at::kFloat) return pixels.to(dtype, /*non_blocking=*/false, /*copy=*/true);
  if (!table_.defined()) {
    const at::Tensor host = pinned(static_cast<std::int64_t>(host_table_->size()), at::kFloat);
    fill(host, host_table_->data());
    table_ = host.to(device_, /*non_blocking=*/true);
  }
  return lookUp(pixels, table_).to(dtype);
}

void CopyLane::clear() {
  // Both allocators know which streams still use the memory, and keep it until they do not.
  queued_.clear();
  idle_.clear();
}

}  // namespace torchwing
