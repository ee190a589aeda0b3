#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/architecture.h"

namespace torchwing {

/// A convolution without bias, square kernel; weight is [out, in, k, k].
struct Convolution {
  std::string path;
  at::Tensor weight;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};

struct BatchNorm {
  static constexpr double kMomentum = 0.1;
  static constexpr double kEpsilon = 1e-5;

  std::string path;
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;
  at::Tensor num_batches_tracked;  ///< 0-dimensional int64
};

/// A convolution and the normalisation of its output: ResNet never has one without the other.
struct ConvNorm {
  Convolution conv;
  BatchNorm norm;
};

/// BasicBlock or Bottleneck. Every part of `body` is followed by ReLU, the last one after the shortcut was
/// added.
struct Block {
  std::vector<ConvNorm> body;
  std::optional<ConvNorm> downsample;
};

struct Linear {
  std::string path;
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out]
};

/// The tensors of a ResNet under the paths that torchvision gives its modules. Plain data: what is computed
/// with it, and how, is elsewhere.
struct Network {
  ConvNorm stem;
  std::vector<Block> blocks;  ///< layer1 to layer4, one after the other
  Linear fc;
};

/// An uninitialised float32 network on the CPU.
Network makeNetwork(const Architecture& architecture, std::int64_t classes);

Linear makeLinear(std::string path, std::int64_t in_features, std::int64_t out_features);

/// Every convolution with its normalisation, in the order of torchvision's modules().
void forEachConvNorm(Network& network, const std::function<void(ConvNorm&)>& visit);

enum class TensorKind { kParameter, kBuffer };

/// Every tensor with its state_dict key, in the order of state_dict().
void forEachTensor(
    Network& network,
    const std::function<void(const std::string& name, at::Tensor& tensor, TensorKind kind)>& visit);

}  // namespace torchwing
