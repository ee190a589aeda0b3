#include "test/accelerator/queued_operator.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "test/accelerator/failing_device.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/streams.h"

namespace torchwing::simulated {
namespace {

c10::IValue aliased(const c10::IValue& value) {
  if (value.isTensor()) return aliasOf(value.toTensor());
  if (value.isTensorList()) {
    c10::List<at::Tensor> aliases;
    for (const at::Tensor& tensor : value.toTensorVector()) aliases.push_back(aliasOf(tensor));
    return aliases;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> aliases;
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector())
      aliases.push_back(aliasOf(tensor));
    return aliases;
  }
  return value;
}

}  // namespace

at::Tensor aliasOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  if (tensor.device() != device()) {
    TORCH_CHECK(tensor.is_cpu() && tensor.dim() == 0, "an operator of the simulated device was given ",
                tensor.sizes(), " on ", tensor.device());
    return tensor.unsafeGetTensorImpl()->is_wrapped_number() ? tensor : tensor.clone();
  }
  void* const place = tensor.numel() > 0 ? Memory::instance().alias(tensor.const_data_ptr()) : nullptr;
  return at::from_blob(place, tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

std::optional<at::Tensor> aliasOf(const std::optional<at::Tensor>& tensor) {
  return tensor ? std::optional(aliasOf(*tensor)) : std::nullopt;
}

void queueWork(std::function<void()> work) {
  FailingDevice::call();
  queueHere([work = std::move(work)] {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const at::NoGradGuard no_graph;
    work();
  });
}

void store(const at::Tensor& result, const at::Tensor& alias) {
  bool fits = result.sizes() == alias.sizes();
  // The stride of a dimension of one element says nothing.
  for (std::int64_t axis = 0; fits && axis < alias.dim(); ++axis) {
    fits = alias.size(axis) == 1 || result.stride(axis) == alias.stride(axis);
  }
  TORCH_CHECK(fits, "the CPU kernel gave ", result.sizes(), " with strides ", result.strides(), ", the call ",
              alias.sizes(), " with strides ", alias.strides());
  alias.copy_(result);
}

torch::jit::Stack aliasesOf(const torch::jit::Stack& arguments) {
  torch::jit::Stack aliases;
  for (const c10::IValue& value : arguments) aliases.push_back(aliased(value));
  return aliases;
}

std::optional<std::size_t> argumentReturnedAs(const c10::FunctionSchema& schema,
                                              const c10::Argument& result) {
  if (result.alias_info() == nullptr) return std::nullopt;
  TORCH_CHECK(result.alias_info()->isWrite(), schema.name(), " is a view and needs a kernel of its own");
  const auto& arguments = schema.arguments();
  const auto found = std::find_if(arguments.begin(), arguments.end(), [&](const c10::Argument& argument) {
    return argument.alias_info() != nullptr &&
           argument.alias_info()->beforeSets() == result.alias_info()->beforeSets();
  });
  TORCH_INTERNAL_ASSERT(found != arguments.end());
  return static_cast<std::size_t>(found - arguments.begin());
}

void queueOperator(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  const torch::jit::Stack given = torch::jit::pop(*stack, schema.arguments().size());
  for (const c10::Argument& result : schema.returns()) {
    const std::optional<std::size_t> argument = argumentReturnedAs(schema, result);
    TORCH_CHECK(argument.has_value(), schema.name(), " returns new tensors and needs a kernel of its own");
    stack->push_back(given[*argument]);
  }
  queueWork([op, arguments = aliasesOf(given)] {
    torch::jit::Stack on_host = arguments;
    op.callBoxed(&on_host);
  });
}

}  // namespace torchwing::simulated
