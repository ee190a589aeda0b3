#pragma once

#include <cstdint>

namespace torchwing {

/// Bounds on one image; exceeding one is IMAGE_TOO_LARGE. They are checked from the header, before memory is
/// taken.
struct DecodeLimits {
  std::int64_t pixels = 100'000'000;
  std::int64_t file_bytes = 512LL << 20;
  std::int64_t decoder_bytes = 512LL << 20;
  int progressive_scans = 100;
};

}  // namespace torchwing
