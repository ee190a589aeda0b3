#include <ATen/EmptyTensor.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

#include <cmath>

#include "test/accelerator/failing_device.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/pinned_memory.h"
#include "test/accelerator/queued_operator.h"
#include "test/accelerator/streams.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

constexpr c10::DispatchKeySet kKeys{c10::DispatchKey::PrivateUse1};

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &Memory::instance(), kKeys, c10::dtype_or_default(dtype), format);
}

at::Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                        std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &Memory::instance(), kKeys,
                                           c10::dtype_or_default(dtype));
}

/// Only of a tensor that holds nothing yet, as the outputs that LibTorch makes for factory functions.
const at::Tensor& resize(const at::Tensor& self, at::IntArrayRef size, std::optional<at::MemoryFormat>) {
  TORCH_CHECK(self.numel() == 0 || self.sizes() == size, "the simulated device resizes only what is empty");
  if (self.sizes() == size) return self;
  self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  const std::size_t bytes = static_cast<std::size_t>(self.numel()) * self.element_size();
  self.storage().set_data_ptr_noswap(Memory::instance().allocate(bytes));
  self.storage().set_nbytes(bytes);
  return self;
}

at::Tensor& arange(const at::Scalar& start, const at::Scalar& end, const at::Scalar& step, at::Tensor& out) {
  const double count = std::ceil((end.toDouble() - start.toDouble()) / step.toDouble());
  resize(out, static_cast<std::int64_t>(count), std::nullopt);
  queueWork([start, end, step, alias = aliasOf(out)] {
    store(at::arange(start, end, step, alias.options()), alias);
  });
  return out;
}

/// The stream's work up to here, as the host must have it done to go on.
void waitHere(int WaitCounts::*kind) {
  FailingDevice::call();
  countWait(kind);
  StreamQueue& queue = Streams::instance().queue(Streams::instance().current());
  queue.waitFor(queue.last());
}

/// Host memory as the device sees it: it is not kept, page-locked or not.
at::Tensor onHost(const at::Tensor& tensor) {
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       tensor.options().pinned_memory(false));
}

/// copy_ of which one side at least is on the device. It blocks unless told otherwise, and always for host
/// memory that is not page-locked, as CUDA's may.
at::Tensor copyFrom(const at::Tensor& source, const at::Tensor& target, bool non_blocking) {
  const at::Tensor* const host = source.is_cpu() ? &source : target.is_cpu() ? &target : nullptr;
  if (host == nullptr) {
    queueWork([from = aliasOf(source), to = aliasOf(target)] { to.copy_(from); });
    return target;
  }
  const bool from_host = host == &source;
  queueWork([from = from_host ? onHost(source) : aliasOf(source),
             to = from_host ? aliasOf(target) : onHost(target)] { to.copy_(from); });
  if (!non_blocking || !PinnedMemory::instance().holds(host->const_data_ptr())) {
    waitHere(&WaitCounts::copy);
  } else {
    PinnedMemory::instance().record_event(host->data_ptr(), host->storage().data_ptr().get_context(),
                                          Streams::stream(Streams::instance().current()));
  }
  return target;
}

at::Scalar localScalarDense(const at::Tensor& self) {
  waitHere(&WaitCounts::item);
  return at::_local_scalar_dense(aliasOf(self));
}

/// What set_data() asks before a parameter moves here with its identity: plain memory is plain memory.
bool hasCompatibleShallowCopyType(const at::Tensor& self, const at::Tensor& from) {
  return self.layout() == at::kStrided && from.layout() == at::kStrided;
}

void recordStream(at::Tensor& self, c10::Stream stream) {
  Memory::instance().recordStream(self.storage().data_ptr(), stream);
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &emptyStrided);
  library.impl("resize_", &resize);
  library.impl("arange.start_out", &arange);
  library.impl("_copy_from", &copyFrom);
  library.impl("_local_scalar_dense", &localScalarDense);
  library.impl("record_stream", &recordStream);
  library.impl("_has_compatible_shallow_copy_type", &hasCompatibleShallowCopyType);
  // Views do not look at the memory.
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
}

}  // namespace
}  // namespace torchwing::simulated
