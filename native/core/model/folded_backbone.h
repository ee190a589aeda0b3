#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/network.h"

namespace torchwing {

/// [N, C, H, W]
using ImageShape = std::array<std::int64_t, 4>;

/// The backbone for evaluation on the CPU in float32: every BatchNorm folded with its stored statistics into
/// its convolution,
///   w' = w * gamma / sqrt(var + eps),   b' = beta - mean * gamma / sqrt(var + eps),
/// ReLU and the addition of the shortcut fused into the convolutions, weights packed. A copy: it does not
/// follow later changes of the network.
class FoldedBackbone {
 public:
  /// Packed for images of this shape; others work too.
  FoldedBackbone(const Network& network, const ImageShape& images);

  /// images: [N, 3, H, W]; returns [N, features]. Records no graph.
  at::Tensor features(const at::Tensor& images) const;

 private:
  struct FoldedConvolution {
    at::Tensor weight;  ///< packed: in the order in which oneDNN reads it, a format of its own
    at::Tensor bias;    ///< [out]
    std::int64_t stride;
    std::int64_t padding;
  };
  struct FoldedBlock {
    std::vector<FoldedConvolution> body;
    std::optional<FoldedConvolution> downsample;
  };

  static FoldedConvolution fold(const ConvNorm& part, const ImageShape& input);
  static at::Tensor convolve(const FoldedConvolution& conv, const at::Tensor& input, bool relu);
  static at::Tensor convolveAddRelu(const FoldedConvolution& conv, const at::Tensor& input,
                                    const at::Tensor& addend);

  FoldedConvolution stem_;
  std::vector<FoldedBlock> blocks_;
};

}  // namespace torchwing
