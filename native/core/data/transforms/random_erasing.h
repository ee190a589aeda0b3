#pragma once

#include <array>
#include <optional>

#include "core/data/counter_rng.h"
#include "core/data/geometry.h"

/// torchvision's RandomErasing on the finished floats.
namespace torchwing {

/// RandomErasing.get_params: up to ten tries of area * U(scale) and exp(U(log ratio)), height over width,
/// draws in float32; a rectangle as high or as wide as the image does not count. Nothing when none fits.
std::optional<Rectangle> erasedRectangle(Size image, const std::array<double, 2>& scale,
                                         const std::array<double, 2>& ratio, CounterRng& rng);

// All of these change a rectangle in three planes of floats, float32 [3, image.height, image.width].

void erase(float* planes, Size image, const Rectangle& rectangle, const std::array<float, 3>& value);
/// Value by value normal noise of mean 0 and standard deviation 1, by Box and Muller's method in float32.
void eraseWithNoise(float* planes, Size image, const Rectangle& rectangle, CounterRng& rng);
/// (x - mean) / std per channel.
void normalize(float* planes, Size image, const Rectangle& rectangle, const std::array<float, 3>& mean,
               const std::array<float, 3>& std);

}  // namespace torchwing
