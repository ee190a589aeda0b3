#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

namespace torchwing {

/// libpng, with Pillow's conversions: palettes looked up, transparency dropped, 16 bits per channel cut to
/// the high byte, but 16-bit grey clipped at 255. See Decoder::decode.
void decodePng(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
               Image& image);

}  // namespace torchwing
