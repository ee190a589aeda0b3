#pragma once

#include "core/data/transforms/pixels.h"

namespace torchwing {

/// Left to right, in place.
void flipHorizontally(const Pixels& pixels);
/// Upside down, in place.
void flipVertically(const Pixels& pixels);

}  // namespace torchwing
