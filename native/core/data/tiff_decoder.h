#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

namespace torchwing {

/// libtiff, for the layouts that Pillow's TiffImagePlugin knows (see tiff_layout.h); the first page, turned
/// upright by the orientation tag as Pillow does when it loads one. See Decoder::decode.
void decodeTiff(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
                Image& image);

}  // namespace torchwing
