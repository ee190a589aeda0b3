#include "core/model/packed.h"

#include <ATen/ops/mkldnn_reorder_conv2d_weight.h>

namespace torchwing {
namespace {

std::int64_t outputSize(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

}  // namespace

ImageShape outputShape(const Convolution& conv, const ImageShape& input) {
  const std::int64_t kernel = conv.weight.size(2);
  return {input[0], conv.weight.size(0), outputSize(input[2], kernel, conv.stride, conv.padding),
          outputSize(input[3], kernel, conv.stride, conv.padding)};
}

ImageShape pooledShape(const ImageShape& input) {
  return {input[0], input[1], outputSize(input[2], 3, 2, 1), outputSize(input[3], 3, 2, 1)};
}

at::Tensor packWeight(const Convolution& conv, const at::Tensor& weight, const ImageShape& input) {
  const std::array<std::int64_t, 2> padding{conv.padding, conv.padding}, stride{conv.stride, conv.stride},
      dilation{1, 1};
  return at::mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), padding, stride, dilation, /*groups=*/1, input);
}

void packNetwork(Network& network, const ImageShape& images) {
  const auto pack = [](ConvNorm& part, const ImageShape& input) {
    part.conv.packed = packWeight(part.conv, part.conv.weight.detach(), input);
    return outputShape(part.conv, input);
  };
  ImageShape shape = pooledShape(pack(network.stem, images));
  for (Block& block : network.blocks) {
    if (block.downsample) pack(*block.downsample, shape);
    for (ConvNorm& part : block.body) shape = pack(part, shape);
  }
}

void dropPacked(Network& network) {
  forEachConvNorm(network, [](ConvNorm& part) { part.conv.packed.reset(); });
}

}  // namespace torchwing
