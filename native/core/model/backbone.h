#pragma once

#include "core/model/network.h"

namespace torchwing {

struct BackboneMode {
  /// BatchNorm in training mode: it normalises by the batch and updates its running buffers.
  bool batch_statistics = false;
  /// Activations stay in oneDNN's blocked layout from the first convolution to the pooling, which spares the
  /// reordering around every convolution. CPU and float32 only; no gradient unless `batch_statistics`.
  bool blocked = false;
};

/// Everything below the head, by the same operators in the same order as torchvision's forward(): without
/// `blocked`, bit-equal to Python on the same LibTorch and thread count. Weights and gradients are plain
/// tensors in any case. images: [N, 3, H, W], contiguous; returns [N, features]. Throws Error
/// INVALID_ARGUMENT when batch statistics would come from one value per channel.
at::Tensor backboneFeatures(Network& network, const at::Tensor& images, const BackboneMode& mode);

}  // namespace torchwing
