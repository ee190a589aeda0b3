#pragma once

#include "core/data/image.h"

namespace torchwing {

/// Turns and mirrors `image` as EXIF orientation 1..8 asks for, as Pillow's ImageOps.exif_transpose does,
/// into `upright`.
void applyOrientation(const ImageView& image, int orientation, Image& upright);

}  // namespace torchwing
