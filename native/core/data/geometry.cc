#include "core/data/geometry.h"

#include <algorithm>
#include <cmath>

namespace torchwing {
namespace {

/// Python's round(): halves to even, in the default rounding mode.
int roundHalfToEven(double value) {
  return static_cast<int>(std::nearbyint(value));
}

/// Where torchvision's CenterCrop begins on one axis. It first pads a small image by (missing // 2) before
/// and
/// ((missing + 1) // 2) after, then takes the centre of the result.
int centerOffset(int size, int crop) {
  if (crop <= size) return roundHalfToEven((size - crop) / 2.0);
  return -((crop - size) / 2);
}

}  // namespace

Rectangle intersection(const Rectangle& a, const Rectangle& b) {
  const int left = std::max(a.left, b.left);
  const int top = std::max(a.top, b.top);
  const int width = std::min(a.right(), b.right()) - left;
  const int height = std::min(a.bottom(), b.bottom()) - top;
  return width > 0 && height > 0 ? Rectangle{left, top, width, height} : Rectangle{};
}

Size resizedSize(Size image, int shorter_side, int longest) {
  const int shorter = std::min(image.width, image.height);
  const int longer = std::max(image.width, image.height);
  int new_shorter = shorter_side;
  const double exact = static_cast<double>(shorter_side) * longer / shorter;
  int new_longer = static_cast<int>(std::min(exact, static_cast<double>(kLongestSide)));
  if (longest != 0 && new_longer > longest) {
    new_shorter = std::max(1, static_cast<int>(static_cast<double>(longest) * new_shorter / new_longer));
    new_longer = longest;
  }
  return image.width <= image.height ? Size{new_shorter, new_longer} : Size{new_longer, new_shorter};
}

Rectangle centerCropRectangle(Size image, Size crop) {
  return {centerOffset(image.width, crop.width), centerOffset(image.height, crop.height), crop.width,
          crop.height};
}

std::array<int, 2> drawSides(double area, const std::array<double, 2>& scale,
                             const std::array<double, 2>& ratio, CounterRng& rng) {
  const float log_low = std::log(static_cast<float>(ratio[0]));
  const float log_high = std::log(static_cast<float>(ratio[1]));
  const double target_area = area * rng.uniform(static_cast<float>(scale[0]), static_cast<float>(scale[1]));
  const double aspect = std::exp(rng.uniform(log_low, log_high));
  return {roundHalfToEven(std::sqrt(target_area * aspect)), roundHalfToEven(std::sqrt(target_area / aspect))};
}

Rectangle randomResizedCropRectangle(Size image, const std::array<double, 2>& scale,
                                     const std::array<double, 2>& ratio, CounterRng& rng) {
  const double area = static_cast<double>(image.width) * image.height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto [width, height] = drawSides(area, scale, ratio, rng);
    if (width > 0 && width <= image.width && height > 0 && height <= image.height) {
      const auto top = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.height - height + 1)));
      const auto left = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.width - width + 1)));
      return {left, top, width, height};
    }
  }
  int width = image.width;
  int height = image.height;
  const double image_ratio = static_cast<double>(image.width) / image.height;
  if (image_ratio < ratio[0]) {
    height = std::min(height, roundHalfToEven(width / ratio[0]));
  } else if (image_ratio > ratio[1]) {
    width = std::min(width, roundHalfToEven(height * ratio[1]));
  }
  return {(image.width - width) / 2, (image.height - height) / 2, width, height};
}

}  // namespace torchwing
