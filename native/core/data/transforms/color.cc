#include "core/data/transforms/color.h"

#include <algorithm>
#include <cmath>

#include "core/data/transforms/blend.h"
#include "core/data/transforms/tone.h"

namespace torchwing {
namespace {

struct Hsv {
  std::uint8_t hue, saturation, value;
};

/// libImaging/Convert.c rgb2hsv_row: colorsys' formula, cut to bytes.
Hsv hsvOf(const std::uint8_t* rgb) {
  const int red = rgb[0], green = rgb[1], blue = rgb[2];
  const int largest = std::max({red, green, blue}), smallest = std::min({red, green, blue});
  if (largest == smallest) return {0, 0, static_cast<std::uint8_t>(largest)};
  const auto range = static_cast<float>(largest - smallest);
  const float saturation = range / static_cast<float>(largest);
  const float red_distance = static_cast<float>(largest - red) / range;
  const float green_distance = static_cast<float>(largest - green) / range;
  const float blue_distance = static_cast<float>(largest - blue) / range;
  float hue = 0;
  if (red == largest) {
    hue = blue_distance - green_distance;
  } else if (green == largest) {
    hue = static_cast<float>(2.0 + red_distance - blue_distance);
  } else {
    hue = static_cast<float>(4.0 + green_distance - red_distance);
  }
  hue = static_cast<float>(std::fmod(hue / 6.0 + 1.0, 1.0));
  return {static_cast<std::uint8_t>(std::clamp(static_cast<int>(hue * 255.0), 0, 255)),
          static_cast<std::uint8_t>(std::clamp(static_cast<int>(saturation * 255.0), 0, 255)),
          static_cast<std::uint8_t>(largest)};
}

/// libImaging/Convert.c hsv2rgb_row.
void putRgb(const Hsv& hsv, std::uint8_t* rgb) {
  const std::uint8_t v = hsv.value;
  const auto put = [rgb](std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    rgb[0] = red;
    rgb[1] = green;
    rgb[2] = blue;
  };
  if (hsv.saturation == 0) return put(v, v, v);
  const double sixths = hsv.hue * 6.0 / 255.0;
  const int sector = static_cast<int>(sixths);
  const auto rest = static_cast<float>(sixths - sector);
  const auto saturation = static_cast<float>(hsv.saturation / 255.0);
  const auto scaled = [v](double share) {
    return static_cast<std::uint8_t>(std::clamp(static_cast<int>(std::round(v * share)), 0, 255));
  };
  const std::uint8_t p = scaled(1.0 - saturation);
  const std::uint8_t q = scaled(1.0 - saturation * rest);
  const std::uint8_t t = scaled(1.0 - saturation * (1.0 - rest));
  switch (sector % 6) {
    case 0:
      return put(v, t, p);
    case 1:
      return put(q, v, p);
    case 2:
      return put(p, v, t);
    case 3:
      return put(p, q, v);
    case 4:
      return put(t, p, v);
    default:
      return put(v, p, q);
  }
}

/// Each value blended with the same one.
void blendWith(const Pixels& pixels, int degenerate, const Blend& blend) {
  Table table{};
  for (int value = 0; value < 256; ++value) {
    table[static_cast<std::size_t>(value)] = blend(degenerate, value);
  }
  applyTable(pixels, table);
}

}  // namespace

std::uint8_t luma(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>((pixel[0] * 19595U + pixel[1] * 38470U + pixel[2] * 7471U + 0x8000U) >>
                                   16);
}

void grayscale(const Pixels& pixels) {
  std::uint8_t* pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) std::fill_n(pixel, 3, luma(pixel));
}

void adjustBrightness(const Pixels& pixels, double factor) {
  const Blend blend(factor);
  if (!blend.isIdentity()) blendWith(pixels, 0, blend);
}

void adjustContrast(const Pixels& pixels, double factor) {
  const Blend blend(factor);
  if (blend.isIdentity()) return;
  std::uint64_t sum = 0;
  const std::uint8_t* pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) sum += luma(pixel);
  const double mean = static_cast<double>(sum) / static_cast<double>(pixels.count());
  blendWith(pixels, static_cast<int>(mean + 0.5), blend);
}

void adjustSaturation(const Pixels& pixels, double factor) {
  const Blend blend(factor);
  if (blend.isIdentity()) return;
  std::uint8_t* pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) {
    const std::uint8_t gray = luma(pixel);
    for (int channel = 0; channel < 3; ++channel) pixel[channel] = blend(gray, pixel[channel]);
  }
}

void adjustHue(const Pixels& pixels, double factor) {
  // torchvision casts the product to an integer and then to a byte, and adds bytes.
  const auto shift = static_cast<std::uint8_t>(static_cast<int>(factor * 255));
  std::uint8_t* pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) {
    Hsv hsv = hsvOf(pixel);
    hsv.hue = static_cast<std::uint8_t>(hsv.hue + shift);
    putRgb(hsv, pixel);
  }
}

}  // namespace torchwing
