#pragma once

#include "core/data/image.h"
#include "core/data/transforms/pixels.h"

namespace torchwing {

/// Pillow's ImageEnhance.Sharpness: blends the image with itself smoothed by ImageFilter.SMOOTH (3 x 3, the
/// centre five times, in float32, the outermost pixels as they are). Factor 0 gives the smooth image, 1 the
/// image, more a sharper one. `target` has the image's size and is other memory.
void adjustSharpness(const ImageView& image, double factor, const Pixels& target);

}  // namespace torchwing
