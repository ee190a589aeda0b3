#include "core/data/tiff_pixels.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/data/pillow_pixels.h"

namespace torchwing {
namespace {

using Color = TiffLayout::Color;

template <class Value>
Value valueAt(const std::uint8_t* row, std::int64_t index, bool swapped = false) {
  std::array<std::uint8_t, sizeof(Value)> bytes;
  std::memcpy(bytes.data(), row + index * static_cast<std::int64_t>(sizeof(Value)), sizeof(Value));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Value>(bytes);
}

/// A sample of 1, 2, 4 or 8 bits, the highest bits first.
unsigned smallSample(const std::uint8_t* row, std::int64_t index, int bits) {
  const std::int64_t at = index * bits;
  return static_cast<unsigned>(row[at / 8]) >> (8 - bits - static_cast<int>(at % 8)) & ((1U << bits) - 1);
}

/// Two samples of 12 bits lie in three bytes.
unsigned sample12(const std::uint8_t* row, std::int64_t index) {
  const std::uint8_t* at = row + index * 3 / 2;
  return index % 2 == 0 ? static_cast<unsigned>(at[0]) << 4 | at[1] >> 4
                        : static_cast<unsigned>(at[0] & 15) << 8 | at[1];
}

/// Scaled to 0..255 up to 8 bits, clipped above.
std::uint8_t grayAt(const TiffLayout& layout, const std::uint8_t* row, std::int64_t sample) {
  switch (layout.bits) {
    case 12:
      return clipped(std::int64_t{sample12(row, sample)});
    case 16:
      return clipped(std::int64_t{valueAt<std::uint16_t>(row, sample)});
    default:
      return static_cast<std::uint8_t>(smallSample(row, sample, layout.bits) * 255U /
                                       ((1U << layout.bits) - 1));
  }
}

/// Where the samples of one pixel lie.
class Samples {
 public:
  Samples(const TiffLayout& layout, const std::array<const std::uint8_t*, 4>& planes)
      : layout_(layout), planes_(planes) {}

  /// 8 bits, or the high byte of 16.
  std::uint8_t byte(std::int64_t x, std::size_t channel) const {
    const std::uint8_t* row = layout_.separate_planes ? planes_[channel] : planes_[0];
    const std::int64_t at =
        layout_.separate_planes ? x : x * layout_.samples + static_cast<std::int64_t>(channel);
    return layout_.bits == 16 ? static_cast<std::uint8_t>(valueAt<std::uint16_t>(row, at) >> 8) : row[at];
  }

 private:
  const TiffLayout& layout_;
  const std::array<const std::uint8_t*, 4>& planes_;
};

void writePremultiplied(const Samples& samples, std::int64_t x, std::uint8_t* rgb) {
  const int alpha = samples.byte(x, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const int value = samples.byte(x, c);
    rgb[c] = alpha == 255 ? static_cast<std::uint8_t>(value)
             : alpha == 0 ? std::uint8_t{0}
                          : clipped(std::int64_t{value * 255 / alpha});
  }
}

void writePixel(const TiffLayout& layout, const Samples& samples, const std::uint8_t* row, std::int64_t x,
                std::uint8_t* rgb) {
  switch (layout.color) {
    case Color::kGray:
      return writeGray(rgb, grayAt(layout, row, x * layout.samples));
    case Color::kInvertedGray:
      return writeGray(rgb, static_cast<std::uint8_t>(255 - grayAt(layout, row, x)));
    case Color::kSignedGray:
      return writeGray(rgb, clipped(layout.bits == 16
                                        ? std::int64_t{valueAt<std::int16_t>(row, x, layout.bytes_swapped)}
                                        : std::int64_t{valueAt<std::int32_t>(row, x, layout.bytes_swapped)}));
    case Color::kFloatGray:
      return writeGray(rgb, clipped(valueAt<float>(row, x, layout.bytes_swapped)));
    case Color::kPalette:
      std::memcpy(
          rgb, layout.palette.data() + std::size_t{3} * smallSample(row, x * layout.samples, layout.bits), 3);
      return;
    case Color::kRgb:
    case Color::kLibTiff:
      for (std::size_t c = 0; c < 3; ++c) rgb[c] = samples.byte(x, c);
      return;
    case Color::kPremultiplied:
      return writePremultiplied(samples, x, rgb);
    case Color::kCmyk:
      return writeCmyk(rgb, samples.byte(x, 0), samples.byte(x, 1), samples.byte(x, 2), samples.byte(x, 3));
  }
}

}  // namespace

void writeTiffRow(const TiffLayout& layout, const std::array<const std::uint8_t*, 4>& planes,
                  std::int64_t columns, std::uint8_t* rgb) {
  const Samples samples(layout, planes);
  for (std::int64_t x = 0; x < columns; ++x, rgb += 3) writePixel(layout, samples, planes[0], x, rgb);
}

}  // namespace torchwing
