#include "core/data/transforms/flip.h"

#include <algorithm>

namespace torchwing {

void flipHorizontally(const Pixels& pixels) {
  for (int y = 0; y < pixels.size.height; ++y) {
    std::uint8_t* left = pixels.row(y);
    std::uint8_t* right = left + static_cast<std::size_t>(pixels.size.width - 1) * 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

void flipVertically(const Pixels& pixels) {
  for (int y = 0; y < pixels.size.height / 2; ++y) {
    std::swap_ranges(pixels.row(y), pixels.row(y + 1), pixels.row(pixels.size.height - 1 - y));
  }
}

}  // namespace torchwing
