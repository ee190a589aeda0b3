#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <cstddef>
#include <functional>
#include <optional>

namespace torchwing::simulated {

/// A CPU tensor over the readable address of a device tensor's memory, which it does not keep. A host tensor
/// is one number, as LibTorch makes of a scalar argument, and comes back as a copy.
at::Tensor aliasOf(const at::Tensor& tensor);
std::optional<at::Tensor> aliasOf(const std::optional<at::Tensor>& tensor);

/// Queues work that reads and writes aliases on the current stream; it runs below autograd.
void queueWork(std::function<void()> work);

/// Writes what a CPU kernel returned where the device's tensor is. Fails where the kernel chose other strides
/// than the call did, since later operators would then take another path than on the CPU.
void store(const at::Tensor& result, const at::Tensor& alias);

/// The arguments of a call with every tensor in them replaced by its alias.
torch::jit::Stack aliasesOf(const torch::jit::Stack& arguments);

/// The argument that a result of an operator is, by the letters of its schema, as (a!); none for a new
/// tensor. Throws for a view.
std::optional<std::size_t> argumentReturnedAs(const c10::FunctionSchema& schema, const c10::Argument& result);

/// The boxed kernel of operators that write into tensors which are given to them, .out and in-place ones: the
/// CPU kernel, later, on the aliases.
void queueOperator(const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace torchwing::simulated
