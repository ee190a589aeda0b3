#include "core/data/transforms/sharpness.h"

#include <cstring>

#include "core/data/transforms/blend.h"

namespace torchwing {
namespace {

constexpr float kSide = 1.0F / 13.0F;
constexpr float kCentre = 5.0F / 13.0F;

/// libImaging/Filter.c: three terms of one row, added up before they join the sum.
float weighed(const std::uint8_t* value, float centre) {
  return static_cast<float>(value[-3]) * kSide + static_cast<float>(value[0]) * centre +
         static_cast<float>(value[3]) * kSide;
}

std::uint8_t smoothed(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below) {
  float sum = 0.5F;
  sum += weighed(below, kSide);
  sum += weighed(here, kCentre);
  sum += weighed(above, kSide);
  return sum >= 255.0F ? 255 : static_cast<std::uint8_t>(sum);
}

}  // namespace

void adjustSharpness(const ImageView& image, double factor, const Pixels& target) {
  const Blend blend(factor);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* here = image.row(y);
    std::uint8_t* to = target.row(y);
    std::memcpy(to, here, target.stride());
    if (y == 0 || y + 1 == image.height || blend.isIdentity()) continue;
    const std::uint8_t *above = image.row(y - 1), *below = image.row(y + 1);
    for (std::size_t i = 3; i + 3 < target.stride(); ++i) {
      to[i] = blend(smoothed(above + i, here + i, below + i), here[i]);
    }
  }
}

}  // namespace torchwing
