#include "core/model/folded_backbone.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mkldnn_reorder_conv2d_weight.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sub.h>

#include <string_view>

namespace torchwing {
namespace {

// The fused convolutions are operators of LibTorch that no header declares; the dispatcher finds them by
// their schema and checks these signatures against it.
using Scalars = c10::List<std::optional<at::Scalar>>;
using ConvolutionPointwise = at::Tensor(const at::Tensor& input, const at::Tensor& weight,
                                        const std::optional<at::Tensor>& bias, at::IntArrayRef padding,
                                        at::IntArrayRef stride, at::IntArrayRef dilation, std::int64_t groups,
                                        std::string_view attribute, Scalars scalars,
                                        std::optional<std::string_view> algorithm);
using ConvolutionPointwiseBinary =
    at::Tensor(const at::Tensor& input, const at::Tensor& other, const at::Tensor& weight,
               const std::optional<at::Tensor>& bias, at::IntArrayRef padding, at::IntArrayRef stride,
               at::IntArrayRef dilation, std::int64_t groups, std::string_view binary_attribute,
               std::optional<at::Scalar> alpha, std::optional<std::string_view> unary_attribute,
               Scalars unary_scalars, std::optional<std::string_view> unary_algorithm);

const auto& convolutionPointwise() {
  static const auto handle = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
                                 .typed<ConvolutionPointwise>();
  return handle;
}

const auto& convolutionPointwiseBinary() {
  static const auto handle = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("mkldnn::_convolution_pointwise", "binary")
                                 .typed<ConvolutionPointwiseBinary>();
  return handle;
}

std::int64_t outputSize(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

/// Shape of what `conv` makes of an input of this shape.
ImageShape outputShape(const Convolution& conv, const ImageShape& input) {
  const std::int64_t kernel = conv.weight.size(2);
  return {input[0], conv.weight.size(0), outputSize(input[2], kernel, conv.stride, conv.padding),
          outputSize(input[3], kernel, conv.stride, conv.padding)};
}

/// Shape of what the pooling after the stem makes of an input of this shape.
ImageShape pooledShape(const ImageShape& input) {
  return {input[0], input[1], outputSize(input[2], 3, 2, 1), outputSize(input[3], 3, 2, 1)};
}

/// A copy of `weight` packed for inputs of this shape; others cost a reordering per call.
at::Tensor packWeight(const Convolution& conv, const at::Tensor& weight, const ImageShape& input) {
  const std::array<std::int64_t, 2> padding{conv.padding, conv.padding}, stride{conv.stride, conv.stride},
      dilation{1, 1};
  return at::mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), padding, stride, dilation, /*groups=*/1, input);
}

}  // namespace

FoldedBackbone::FoldedBackbone(const Network& network, const ImageShape& images)
    : stem_(fold(network.stem, images)) {
  ImageShape shape = pooledShape(outputShape(network.stem.conv, images));
  for (const Block& block : network.blocks) {
    FoldedBlock folded;
    if (block.downsample) folded.downsample = fold(*block.downsample, shape);
    for (const ConvNorm& part : block.body) {
      folded.body.push_back(fold(part, shape));
      shape = outputShape(part.conv, shape);
    }
    blocks_.push_back(std::move(folded));
  }
}

FoldedBackbone::FoldedConvolution FoldedBackbone::fold(const ConvNorm& part, const ImageShape& input) {
  const at::NoGradGuard no_graph;
  const BatchNorm& norm = part.norm;
  const at::Tensor scale = at::mul(norm.weight, at::rsqrt(at::add(norm.running_var, BatchNorm::kEpsilon)));
  const at::Tensor weight = at::mul(part.conv.weight, scale.view({-1, 1, 1, 1}));
  return {.weight = packWeight(part.conv, weight, input),
          .bias = at::sub(norm.bias, at::mul(norm.running_mean, scale)),
          .stride = part.conv.stride,
          .padding = part.conv.padding};
}

at::Tensor FoldedBackbone::convolve(const FoldedConvolution& conv, const at::Tensor& input, bool relu) {
  return convolutionPointwise().call(input, conv.weight, conv.bias, {conv.padding, conv.padding},
                                     {conv.stride, conv.stride}, {1, 1}, /*groups=*/1, relu ? "relu" : "none",
                                     Scalars(), "");
}

at::Tensor FoldedBackbone::convolveAddRelu(const FoldedConvolution& conv, const at::Tensor& input,
                                           const at::Tensor& addend) {
  return convolutionPointwiseBinary().call(input, addend, conv.weight, conv.bias,
                                           {conv.padding, conv.padding}, {conv.stride, conv.stride}, {1, 1},
                                           /*groups=*/1, "add", at::Scalar(1.0), "relu", Scalars(), "");
}

at::Tensor FoldedBackbone::features(const at::Tensor& images) const {
  const at::NoGradGuard no_graph;
  at::Tensor output = convolve(stem_, images.contiguous(at::MemoryFormat::ChannelsLast), /*relu=*/true);
  output = at::max_pool2d(output, /*kernel_size=*/{3, 3}, /*stride=*/{2, 2}, /*padding=*/{1, 1});
  for (const FoldedBlock& block : blocks_) {
    const at::Tensor shortcut =
        block.downsample ? convolve(*block.downsample, output, /*relu=*/false) : output;
    for (std::size_t i = 0; i + 1 < block.body.size(); ++i)
      output = convolve(block.body[i], output, /*relu=*/true);
    output = convolveAddRelu(block.body.back(), output, shortcut);
  }
  return at::mean(output, {2, 3});
}

}  // namespace torchwing
