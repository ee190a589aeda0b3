#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

namespace torchwing {

/// libwebp: lossy and lossless; alpha dropped, and of an animation the first frame on its canvas, as Pillow's
/// WebPImagePlugin gives it. See Decoder::decode.
void decodeWebp(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
                Image& image);

}  // namespace torchwing
