#include <torch/library.h>

#include "test/accelerator/queued_operator.h"

namespace torchwing::simulated {
namespace {

/// Operators of a step that write into what they are given. LibTorch makes the functional and in-place forms
/// of most of them from the .out form, and the outputs with it at the time of the call.
constexpr const char* kQueued[] = {
    // arithmetic
    "add.out",
    "sub.out",
    "mul.out",
    "div.out",
    "neg.out",
    "reciprocal.out",
    "eq.Tensor_out",
    "eq.Scalar_out",
    "ne.Scalar_out",
    "where.self_out",
    "cat.out",
    "bitwise_not.out",
    "fill_.Scalar",
    "fill_.Tensor",
    "zero_",
    "scatter.value_out",
    "masked_fill_.Scalar",
    // reductions
    "sum.IntList_out",
    "mean.out",
    "argmax.out",
    // layers
    "relu_",
    "threshold_backward.grad_input",
    "max_pool2d_with_indices.out",
    "max_pool2d_with_indices_backward.grad_input",
    "addmm.out",
    "mm.out",
    // loss
    "_log_softmax.out",
    "_log_softmax_backward_data.out",
    "nll_loss_forward.output",
    "nll_loss_backward.grad_input",
    // optimizer
    "_fused_sgd_",
    "_fused_sgd_.tensor_lr",
    "_amp_foreach_non_finite_check_and_unscale_",
    "_amp_update_scale_",
};

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  for (const char* name : kQueued) {
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&queueOperator>());
  }
}

}  // namespace
}  // namespace torchwing::simulated
