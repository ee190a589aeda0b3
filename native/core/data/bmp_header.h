#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace torchwing {

/// Of a BMP file, before its pixels.
struct BmpHeader {
  enum class Compression : std::uint8_t { kNone, kRle8, kRle4 };
  /// How the bits of one pixel are read; with kIndex through `palette`.
  enum class Pixel : std::uint8_t { kIndex, kRgb555, kRgb565, kBytes };

  std::int64_t width = 0;
  std::int64_t height = 0;
  bool top_down = false;
  Compression compression = Compression::kNone;
  Pixel pixel = Pixel::kIndex;
  /// Bits of one stored pixel, which rows are made of, filled up to four bytes.
  int bits = 0;
  /// Bits of one index as Pillow reads it: for a palette of greys it takes 1 bit (two colours) or 8, whatever
  /// `bits` says.
  int index_bits = 0;
  /// Which of the bytes of a pixel of kBytes are red, green and blue.
  std::array<int, 3> channels{};
  /// RGB; entries that the file does not give are black.
  std::array<std::array<std::uint8_t, 3>, 256> palette{};
  std::size_t pixels_at = 0;  ///< offset of the pixel data

  std::int64_t rowBytes() const noexcept { return (width * bits + 31) / 32 * 4; }
};

/// Throws Error IMAGE_DECODE for a header that Pillow refuses as well, or a file that ends inside it.
BmpHeader readBmpHeader(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace torchwing
