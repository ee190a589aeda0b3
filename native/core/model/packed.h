#pragma once

#include <array>
#include <cstdint>

#include "core/model/network.h"

namespace torchwing {

/// [N, C, H, W]
using ImageShape = std::array<std::int64_t, 4>;

/// Shape of what `conv` makes of an input of this shape.
ImageShape outputShape(const Convolution& conv, const ImageShape& input);
/// Shape of what the pooling after the stem makes of an input of this shape: kernel 3, stride 2, padding 1.
ImageShape pooledShape(const ImageShape& input);

/// `weight`, shaped as `conv.weight`, in the order in which oneDNN's kernel reads it for inputs of this
/// shape. A copy; inputs of other shapes work too, perhaps at the price of a reordering per call.
at::Tensor packWeight(const Convolution& conv, const at::Tensor& weight, const ImageShape& input);

/// Fills Convolution::packed everywhere, so that a frozen backbone reorders no weight in its steps.
void packNetwork(Network& network, const ImageShape& images);
void dropPacked(Network& network);

}  // namespace torchwing
