#include "core/model/network.h"

#include <ATen/ops/empty.h>

#include <utility>

namespace torchwing {
namespace {

ConvNorm makeConvNorm(std::string conv_path, std::string norm_path, std::int64_t in_channels,
                      std::int64_t out_channels, std::int64_t kernel, std::int64_t stride) {
  const auto channels = [&] { return at::empty({out_channels}, at::kFloat); };
  return {
      .conv = {.path = std::move(conv_path),
               .weight = at::empty({out_channels, in_channels, kernel, kernel}, at::kFloat),
               .stride = stride,
               .padding = kernel / 2},
      .norm = {.path = std::move(norm_path),
               .weight = channels(),
               .bias = channels(),
               .running_mean = channels(),
               .running_var = channels(),
               .num_batches_tracked = at::empty({}, at::kLong)},
  };
}

Block makeBlock(const std::string& path, const Architecture& architecture, std::int64_t in_channels,
                std::int64_t planes, std::int64_t stride) {
  Block block;
  const std::int64_t out_channels = planes * architecture.expansion();
  const auto append = [&](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t conv_stride) {
    const std::string number = std::to_string(block.body.size() + 1);
    block.body.push_back(
        makeConvNorm(path + ".conv" + number, path + ".bn" + number, in, out, kernel, conv_stride));
  };
  if (architecture.bottleneck) {
    // The stride sits on the 3x3 convolution, as in torchvision ("ResNet V1.5"), not on the first one as in
    // the paper.
    append(in_channels, planes, 1, 1);
    append(planes, planes, 3, stride);
    append(planes, out_channels, 1, 1);
  } else {
    append(in_channels, planes, 3, stride);
    append(planes, planes, 3, 1);
  }
  if (stride != 1 || in_channels != out_channels) {
    block.downsample =
        makeConvNorm(path + ".downsample.0", path + ".downsample.1", in_channels, out_channels, 1, stride);
  }
  return block;
}

}  // namespace

Linear makeLinear(std::string path, std::int64_t in_features, std::int64_t out_features) {
  return {.path = std::move(path),
          .weight = at::empty({out_features, in_features}, at::kFloat),
          .bias = at::empty({out_features}, at::kFloat)};
}

Network makeNetwork(const Architecture& architecture, std::int64_t classes) {
  constexpr std::int64_t kStemChannels = 64;
  Network network;
  network.stem = makeConvNorm("conv1", "bn1", 3, kStemChannels, 7, 2);
  std::int64_t channels = kStemChannels;
  for (std::size_t layer = 0; layer < architecture.block_counts.size(); ++layer) {
    const std::int64_t planes = kStemChannels << layer;
    for (std::int64_t index = 0; index < architecture.block_counts[layer]; ++index) {
      const std::string path = "layer" + std::to_string(layer + 1) + "." + std::to_string(index);
      const std::int64_t stride = layer > 0 && index == 0 ? 2 : 1;
      network.blocks.push_back(makeBlock(path, architecture, channels, planes, stride));
      channels = planes * architecture.expansion();
    }
  }
  network.fc = makeLinear("fc", channels, classes);
  return network;
}

void forEachConvNorm(Network& network, const std::function<void(ConvNorm&)>& visit) {
  visit(network.stem);
  for (Block& block : network.blocks) {
    for (ConvNorm& part : block.body) visit(part);
    if (block.downsample) visit(*block.downsample);
  }
}

void forEachTensor(Network& network,
                   const std::function<void(const std::string&, at::Tensor&, TensorKind)>& visit) {
  forEachConvNorm(network, [&](ConvNorm& part) {
    visit(part.conv.path + ".weight", part.conv.weight, TensorKind::kParameter);
    BatchNorm& norm = part.norm;
    visit(norm.path + ".weight", norm.weight, TensorKind::kParameter);
    visit(norm.path + ".bias", norm.bias, TensorKind::kParameter);
    visit(norm.path + ".running_mean", norm.running_mean, TensorKind::kBuffer);
    visit(norm.path + ".running_var", norm.running_var, TensorKind::kBuffer);
    visit(norm.path + ".num_batches_tracked", norm.num_batches_tracked, TensorKind::kBuffer);
  });
  visit(network.fc.path + ".weight", network.fc.weight, TensorKind::kParameter);
  visit(network.fc.path + ".bias", network.fc.bias, TensorKind::kParameter);
}

}  // namespace torchwing
