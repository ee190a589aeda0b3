#pragma once

#include <array>

#include "core/data/counter_rng.h"

/// torchvision's rules for sizes and rectangles (transforms/functional.py, transforms/transforms.py).
namespace torchwing {

struct Size {
  int width = 0;
  int height = 0;

  bool operator==(const Size&) const = default;
};

struct Rectangle {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;

  int right() const noexcept { return left + width; }
  int bottom() const noexcept { return top + height; }
  bool operator==(const Rectangle&) const = default;
};

/// What the two share; empty (all 0) when they share nothing.
Rectangle intersection(const Rectangle& a, const Rectangle& b);

/// What resizedSize() goes up to. An image that is resized to such a length is refused.
constexpr int kLongestSide = 1 << 30;

/// Resize(int, max_size): the shorter side becomes `shorter_side`; the longer one is truncated, not rounded.
/// A longer side above `longest`, unless that is 0, becomes `longest`, and the shorter one is truncated,
/// though not to 0.
Size resizedSize(Size image, int shorter_side, int longest = 0);

/// CenterCrop: offsets are rounded half to even, as Python's round() does. The rectangle reaches outside an
/// image that is smaller than the crop; what is outside is black.
Rectangle centerCropRectangle(Size image, Size crop);

/// sqrt(a r) and sqrt(a / r), halves to even, for an area a = area * U(scale) and a ratio r = exp(U(log
/// ratio)), both drawn in float32 in this order.
std::array<int, 2> drawSides(double area, const std::array<double, 2>& scale,
                             const std::array<double, 2>& ratio, CounterRng& rng);

/// RandomResizedCrop.get_params: up to ten tries of area * U(scale) and exp(U(log ratio)), draws in float32,
/// then the largest central rectangle whose ratio is in range.
Rectangle randomResizedCropRectangle(Size image, const std::array<double, 2>& scale,
                                     const std::array<double, 2>& ratio, CounterRng& rng);

}  // namespace torchwing
