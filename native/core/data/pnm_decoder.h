#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

namespace torchwing {

/// PBM, PGM and PPM, plain (P1 to P3) and binary (P4 to P6), as Pillow's PpmImagePlugin reads them, in code
/// of our own: values of any `maxval` scaled to bytes, grey of more than 8 bits scaled to 16 and clipped at
/// 255. See Decoder::decode.
void decodePnm(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
               Image& image);

}  // namespace torchwing
