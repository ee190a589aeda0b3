#pragma once

#include "core/data/transforms/pixels.h"

/// Changes of each pixel's colour in place, with the bytes of torchvision's functions on PIL images.
namespace torchwing {

/// Pillow's convert("L") of one pixel: ITU-R 601 luma in 16-bit fixed point, rounded.
std::uint8_t luma(const std::uint8_t* pixel);

/// Grayscale with three equal channels.
void grayscale(const Pixels& pixels);

// Pillow's ImageEnhance: a blend in float32 between a degenerate image (factor 0) and the image (factor 1),
// cut to bytes, and clipped when the factor is outside [0, 1]. The degenerate image is:
/// black;
void adjustBrightness(const Pixels& pixels, double factor);
/// the rounded mean of the image's luma everywhere;
void adjustContrast(const Pixels& pixels, double factor);
/// the image's luma.
void adjustSaturation(const Pixels& pixels, double factor);

/// Adds `factor` of a full circle to the hue, -0.5 to 0.5, in Pillow's 8-bit HSV.
void adjustHue(const Pixels& pixels, double factor);

}  // namespace torchwing
