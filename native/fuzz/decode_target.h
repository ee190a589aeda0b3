#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"
#include "core/error.h"

namespace torchwing::fuzz {

/// Small, so that most of the time goes into code and not into filling memory.
inline DecodeLimits smallLimits() {
  DecodeLimits limits;
  limits.pixels = 1'000'000;
  limits.decoder_bytes = 32 << 20;
  limits.progressive_scans = 20;
  return limits;
}

/// Runs `decode`, which may refuse the input by the codes for it and by nothing else.
template <class Decode>
void expectDecodedOrRefused(const Decode& decode) {
  try {
    decode();
  } catch (const Error& error) {
    const std::string& code = error.code();
    if (code != "IMAGE_DECODE" && code != "IMAGE_TOO_LARGE" && code != "IMAGE_TOO_SMALL") std::abort();
  }
}

/// For MemorySanitizer and optimisers: every pixel of a decoded image is read.
inline void readPixels(const ImageView& image) {
  unsigned sum = 0;
  for (int y = 0; y < image.height; ++y) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(image.width) * 3; ++x) sum += image.row(y)[x];
  }
  [[maybe_unused]] static volatile unsigned sink;
  sink = sum;
}

}  // namespace torchwing::fuzz
