#include "core/data/transforms/random_erasing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace torchwing {
namespace {

/// Calls `change(row, channel)` with the first value of each row of the rectangle.
template <class Change>
void forEachRow(float* planes, Size image, const Rectangle& rectangle, Change change) {
  const auto width = static_cast<std::size_t>(image.width), height = static_cast<std::size_t>(image.height);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (int y = rectangle.top; y < rectangle.bottom(); ++y) {
      change(planes + (channel * height + static_cast<std::size_t>(y)) * width + rectangle.left, channel);
    }
  }
}

/// Independent normal numbers, two from each pair of draws.
class NormalNoise {
 public:
  explicit NormalNoise(CounterRng& rng) : rng_(rng) {}

  float operator()() {
    has_second_ = !has_second_;
    if (!has_second_) return second_;
    const float radius = std::sqrt(-2.0F * std::log(1.0F - rng_.uniform()));
    const float angle = 2.0F * std::numbers::pi_v<float> * rng_.uniform();
    second_ = radius * std::sin(angle);
    return radius * std::cos(angle);
  }

 private:
  CounterRng& rng_;
  float second_ = 0;
  bool has_second_ = false;
};

}  // namespace

std::optional<Rectangle> erasedRectangle(Size image, const std::array<double, 2>& scale,
                                         const std::array<double, 2>& ratio, CounterRng& rng) {
  const double area = static_cast<double>(image.width) * image.height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto [height, width] = drawSides(area, scale, ratio, rng);
    if (height < image.height && width < image.width) {
      const auto top = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.height - height + 1)));
      const auto left = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.width - width + 1)));
      return Rectangle{left, top, width, height};
    }
  }
  return std::nullopt;
}

void erase(float* planes, Size image, const Rectangle& rectangle, const std::array<float, 3>& value) {
  forEachRow(planes, image, rectangle,
             [&](float* row, std::size_t channel) { std::fill_n(row, rectangle.width, value[channel]); });
}

void eraseWithNoise(float* planes, Size image, const Rectangle& rectangle, CounterRng& rng) {
  NormalNoise noise(rng);
  forEachRow(planes, image, rectangle,
             [&](float* row, std::size_t) { std::generate_n(row, rectangle.width, std::ref(noise)); });
}

void normalize(float* planes, Size image, const Rectangle& rectangle, const std::array<float, 3>& mean,
               const std::array<float, 3>& std) {
  forEachRow(planes, image, rectangle, [&](float* row, std::size_t channel) {
    std::transform(row, row + rectangle.width, row,
                   [&](float value) { return (value - mean[channel]) / std[channel]; });
  });
}

}  // namespace torchwing
