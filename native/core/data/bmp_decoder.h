#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

namespace torchwing {

/// Windows bitmaps as Pillow's BmpImagePlugin reads them, in code of our own: 1, 4, 8, 16, 24 and 32 bits,
/// palettes, RLE4 and RLE8, bit fields, either row order. See Decoder::decode.
void decodeBmp(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
               Image& image);

}  // namespace torchwing
