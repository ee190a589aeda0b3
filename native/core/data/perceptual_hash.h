#pragma once

#include <cstdint>
#include <optional>

#include "core/data/image.h"

namespace torchwing {

/// 64 bits that stay nearly the same when a photo is scaled, compressed again or brightened: the pHash of
/// Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010). The image is averaged
/// to 32 x 32 grey cells (ITU-R 601 weights); of their DCT-II the 8 x 8 coefficients of the frequencies 1..8
/// in both directions are taken, so none that knows the mean brightness; a bit, the highest first, says
/// whether a coefficient, row by row, is above the median of the 64.
/// Nothing for an image whose cells differ by less than one grey level: its bits would be noise.
std::optional<std::uint64_t> perceptualHash(const ImageView& image);

}  // namespace torchwing
