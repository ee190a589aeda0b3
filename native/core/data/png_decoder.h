#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/decode_limits.h"
#include "core/data/decoder_memory.h"
#include "core/data/image.h"

namespace torchwing {

/// libpng, with Pillow's conversions: palettes looked up, transparency dropped, 16 bits per channel cut to
/// the high byte, but 16-bit grey clipped at 255. One per thread; it reuses its memory.
class PngDecoder {
 public:
  /// See Decoder::decode.
  void decode(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
              Image& image);

 private:
  DecoderMemory memory_;
  std::vector<std::uint8_t> gray16_;  ///< rows of a 16-bit grey image, as they are in the file
  std::vector<std::uint8_t*> rows_;
};

}  // namespace torchwing
