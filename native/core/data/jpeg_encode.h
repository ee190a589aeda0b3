#pragma once

#include <cstdint>
#include <vector>

namespace torchwing {

/// Baseline 4:2:0 JPEG of `rgb`, uint8 [height, width, 3] without gaps; `quality` 1..100. Throws Error
/// INVALID_ARGUMENT for sizes outside 1..65500.
std::vector<std::uint8_t> encodeJpeg(const std::uint8_t* rgb, int width, int height, int quality);

}  // namespace torchwing
