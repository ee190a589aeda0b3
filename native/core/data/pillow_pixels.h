#pragma once

#include <algorithm>
#include <cstdint>

/// How Pillow's convert("RGB") makes three bytes of a pixel in another mode (its Convert.c).
namespace torchwing {

inline void writeGray(std::uint8_t* rgb, std::uint8_t gray) {
  rgb[0] = rgb[1] = rgb[2] = gray;
}

/// Modes I and I;16: no scaling, clipped to 0..255.
inline std::uint8_t clipped(std::int64_t value) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255));
}

/// Mode F: clipped, the fraction cut off. Not a number is 0.
inline std::uint8_t clipped(float value) {
  if (value >= 255.0F) return 255;
  return value > 0.0F ? static_cast<std::uint8_t>(value) : 0;
}

/// a * b / 255, rounded.
inline std::uint8_t scaledByte(std::uint8_t a, std::uint8_t b) {
  const unsigned product = static_cast<unsigned>(a) * b + 128U;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

/// Four inks to RGB: nk - ink * nk / 255 with nk = 255 - black.
inline void writeCmyk(std::uint8_t* rgb, std::uint8_t cyan, std::uint8_t magenta, std::uint8_t yellow,
                      std::uint8_t black) {
  const auto not_black = static_cast<std::uint8_t>(255 - black);
  rgb[0] = static_cast<std::uint8_t>(not_black - scaledByte(cyan, not_black));
  rgb[1] = static_cast<std::uint8_t>(not_black - scaledByte(magenta, not_black));
  rgb[2] = static_cast<std::uint8_t>(not_black - scaledByte(yellow, not_black));
}

}  // namespace torchwing
