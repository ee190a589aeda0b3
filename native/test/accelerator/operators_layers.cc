#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/roll.h>
#include <torch/library.h>

#include <array>
#include <tuple>
#include <vector>

#include "test/accelerator/queued_operator.h"

namespace torchwing::simulated {
namespace {

// Operators that return new tensors and of which LibTorch does not know the shapes without running them.

using Three = std::tuple<at::Tensor, at::Tensor, at::Tensor>;
using Mask = std::array<bool, 3>;
using Optional = std::optional<at::Tensor>;

/// Where the mask asks for it, an output like `tensor`.
at::Tensor likeIf(bool wanted, const at::Tensor& tensor) {
  return wanted ? at::empty_like(tensor) : at::Tensor();
}

void storeDefined(const Three& results, const Three& aliases) {
  const auto one = [](const at::Tensor& result, const at::Tensor& alias) {
    if (alias.defined()) store(result, alias);
  };
  one(std::get<0>(results), std::get<0>(aliases));
  one(std::get<1>(results), std::get<1>(aliases));
  one(std::get<2>(results), std::get<2>(aliases));
}

Three aliasesOf(const Three& tensors) {
  return {aliasOf(std::get<0>(tensors)), aliasOf(std::get<1>(tensors)), aliasOf(std::get<2>(tensors))};
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const Optional& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                       bool transposed, at::IntArrayRef output_padding, std::int64_t groups) {
  TORCH_CHECK(!transposed, "the simulated device has no transposed convolution");
  std::vector<std::int64_t> size{input.size(0), weight.size(0)};
  for (std::size_t i = 0; i < stride.size(); ++i) {
    const std::int64_t axis = static_cast<std::int64_t>(i) + 2;
    const std::int64_t reach = dilation[i] * (weight.size(axis) - 1) + 1;
    size.push_back((input.size(axis) + 2 * padding[i] - reach) / stride[i] + 1);
  }
  at::Tensor output = at::empty(size, input.options(), input.suggest_memory_format());
  queueWork([input = aliasOf(input), weight = aliasOf(weight), bias = aliasOf(bias), stride = stride.vec(),
             padding = padding.vec(), dilation = dilation.vec(), output_padding = output_padding.vec(),
             groups, output = aliasOf(output)] {
    store(at::convolution(input, weight, bias, stride, padding, dilation, false, output_padding, groups),
          output);
  });
  return output;
}

Three convolutionBackward(const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight,
                          at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                          bool transposed, at::IntArrayRef output_padding, std::int64_t groups, Mask mask) {
  const Three outputs{likeIf(mask[0], input), likeIf(mask[1], weight),
                      mask[2] ? at::empty({weight.size(0)}, weight.options()) : at::Tensor()};
  queueWork([gradient = aliasOf(gradient), input = aliasOf(input), weight = aliasOf(weight),
             stride = stride.vec(), padding = padding.vec(), dilation = dilation.vec(), transposed,
             output_padding = output_padding.vec(), groups, mask, outputs = aliasesOf(outputs)] {
    const std::vector<std::int64_t> bias_size{weight.size(0)};
    storeDefined(at::convolution_backward(gradient, input, weight, at::OptionalIntArrayRef(bias_size), stride,
                                          padding, dilation, transposed, output_padding, groups, mask),
                 outputs);
  });
  return outputs;
}

/// Of BatchNorm's tensors of one number per channel: float32 beside an input of 16 bits.
at::TensorOptions channelOptions(const at::Tensor& input, const Optional& weight) {
  return weight && weight->defined() ? weight->options() : input.options();
}

/// The running buffers are written where they are.
Three batchNorm(const at::Tensor& input, const Optional& weight, const Optional& bias,
                const Optional& running_mean, const Optional& running_var, bool training, double momentum,
                double eps) {
  // The CPU kernel saves nothing in evaluation.
  const std::int64_t saved = training ? input.size(1) : 0;
  const at::TensorOptions statistics = channelOptions(input, weight);
  const Three outputs{at::empty_like(input), at::empty({saved}, statistics), at::empty({saved}, statistics)};
  queueWork([input = aliasOf(input), weight = aliasOf(weight), bias = aliasOf(bias),
             running_mean = aliasOf(running_mean), running_var = aliasOf(running_var), training, momentum,
             eps, outputs = aliasesOf(outputs)] {
    storeDefined(
        at::native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps),
        outputs);
  });
  return outputs;
}

Three batchNormBackward(const at::Tensor& gradient, const at::Tensor& input, const Optional& weight,
                        const Optional& running_mean, const Optional& running_var, const Optional& saved_mean,
                        const Optional& saved_invstd, bool train, double eps, Mask mask) {
  const at::Tensor channels = at::empty({input.size(1)}, channelOptions(input, weight));
  const Three outputs{likeIf(mask[0], input), likeIf(mask[1], channels), likeIf(mask[2], channels)};
  queueWork([gradient = aliasOf(gradient), input = aliasOf(input), weight = aliasOf(weight),
             running_mean = aliasOf(running_mean), running_var = aliasOf(running_var),
             saved_mean = aliasOf(saved_mean), saved_invstd = aliasOf(saved_invstd), train, eps, mask,
             outputs = aliasesOf(outputs)] {
    storeDefined(at::native_batch_norm_backward(gradient, input, weight, running_mean, running_var,
                                                saved_mean, saved_invstd, train, eps, mask),
                 outputs);
  });
  return outputs;
}

at::Tensor relu(const at::Tensor& self) {
  at::Tensor output = at::empty_like(self);
  queueWork([self = aliasOf(self), output = aliasOf(output)] { store(at::relu(self), output); });
  return output;
}

at::Tensor roll(const at::Tensor& self, at::IntArrayRef shifts, at::IntArrayRef dims) {
  at::Tensor output = at::empty_like(self);
  queueWork([self = aliasOf(self), shifts = shifts.vec(), dims = dims.vec(), output = aliasOf(output)] {
    store(at::roll(self, shifts, dims), output);
  });
  return output;
}

at::Tensor indexSelect(const at::Tensor& self, std::int64_t dim, const at::Tensor& index) {
  std::vector<std::int64_t> size = self.sizes().vec();
  size.at(static_cast<std::size_t>(dim)) = index.numel();
  at::Tensor output = at::empty(size, self.options());
  queueWork([self = aliasOf(self), dim, index = aliasOf(index), output = aliasOf(output)] {
    store(at::index_select(self, dim, index), output);
  });
  return output;
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolutionBackward);
  library.impl("native_batch_norm", &batchNorm);
  library.impl("native_batch_norm_backward", &batchNormBackward);
  library.impl("relu", &relu);
  library.impl("roll", &roll);
  library.impl("index_select", &indexSelect);
}

}  // namespace
}  // namespace torchwing::simulated
