#include "core/model/initialize.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>

#include <cmath>

namespace torchwing {
namespace {

// torch/nn/init.py computes in Python floats, so everything here is double, in the same order of operations.

/// kaiming_uniform_(weight, a=sqrt(5)), the draw of every constructor of torch.nn's convolutions and linear
/// layers.
void drawConstructorWeight(at::Tensor& weight, at::Generator& generator) {
  const auto fan_in = static_cast<double>(weight.numel() / weight.size(0));
  const double slope = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1.0 + slope * slope));
  const double bound = std::sqrt(3.0) * (gain / std::sqrt(fan_in));
  weight.uniform_(-bound, bound, generator);
}

void drawLinear(Linear& linear, at::Generator& generator) {
  drawConstructorWeight(linear.weight, generator);
  const double bound = 1.0 / std::sqrt(static_cast<double>(linear.weight.size(1)));
  linear.bias.uniform_(-bound, bound, generator);
}

/// kaiming_normal_(weight, mode='fan_out', nonlinearity='relu').
void drawKaimingNormal(at::Tensor& weight, at::Generator& generator) {
  const auto fan_out = static_cast<double>(weight.numel() / weight.size(1));
  weight.normal_(0.0, std::sqrt(2.0) / std::sqrt(fan_out), generator);
}

}  // namespace

void initializeNetwork(Network& network, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  // torchvision's constructor draws every convolution twice; the first draws are lost, but they move the
  // generator.
  forEachConvNorm(network, [&](ConvNorm& part) { drawConstructorWeight(part.conv.weight, generator); });
  drawLinear(network.fc, generator);
  forEachConvNorm(network, [&](ConvNorm& part) {
    drawKaimingNormal(part.conv.weight, generator);
    part.norm.weight.fill_(1);
    part.norm.bias.zero_();
    part.norm.running_mean.zero_();
    part.norm.running_var.fill_(1);
    part.norm.num_batches_tracked.zero_();
  });
}

void initializeLinear(Linear& linear, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  drawLinear(linear, generator);
}

}  // namespace torchwing
