#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <torch/library.h>

#include <string>

#include "test/accelerator/queued_operator.h"
#include "test/accelerator/streams.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

at::Tensor onDevice(const at::Tensor& result) {
  if (!result.defined()) return result;
  const at::Tensor output =
      at::empty_strided(result.sizes(), result.strides(), result.options().device(device()));
  // Queued as everything else: the memory may still be used by what was queued before.
  queueWork([alias = aliasOf(output), result] { alias.copy_(result); });
  return output;
}

/// As aliasesOf(), but a CPU tensor of its own for each `out`, which the operator may have to resize.
torch::jit::Stack onHost(const c10::FunctionSchema& schema, const torch::jit::Stack& given) {
  torch::jit::Stack arguments = aliasesOf(given);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (schema.arguments()[i].is_out()) arguments[i] = at::empty({0}, arguments[i].toTensor().options());
  }
  return arguments;
}

/// Every operator that has no kernel on this device: the host waits for everything queued, and computes it.
void fallBack(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  noteFallback(schema.overload_name().empty() ? schema.name() : schema.name() + "." + schema.overload_name());
  countWait(&WaitCounts::fallback);
  Streams::instance().drain();
  const torch::jit::Stack given = torch::jit::pop(*stack, schema.arguments().size());
  torch::jit::Stack on_host = onHost(schema, given);
  {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    op.callBoxed(&on_host);
  }
  for (std::size_t i = 0; i < schema.returns().size(); ++i) {
    const std::optional<std::size_t> argument = argumentReturnedAs(schema, schema.returns()[i]);
    if (argument) {
      if (schema.arguments()[*argument].is_out()) {
        given[*argument]
            .toTensor()
            .resize_(on_host[i].toTensor().sizes())
            .copy_(onDevice(on_host[i].toTensor()));
      }
      stack->push_back(given[*argument]);
    } else {
      stack->push_back(on_host[i].isTensor() ? c10::IValue(onDevice(on_host[i].toTensor())) : on_host[i]);
    }
  }
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&fallBack>());
}

}  // namespace
}  // namespace torchwing::simulated
