#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct tiff;  // libtiff's TIFF

namespace torchwing {

/// How the pixels of a TIFF page are stored, and what Pillow makes of them (the table of modes in its
/// TiffImagePlugin).
struct TiffLayout {
  enum class Color : std::uint8_t {
    kGray,           ///< unsigned, 1, 2, 4 or 8 bits scaled to 0..255; 12, 16 bits clipped
    kInvertedGray,   ///< MinIsWhite, 1 to 8 bits
    kSignedGray,     ///< 16 or 32 bits, clipped
    kFloatGray,      ///< 32 bits, clipped
    kPalette,        ///< 1, 2, 4 or 8 bits
    kRgb,            ///< 8 bits, or the high byte of 16
    kPremultiplied,  ///< the same, divided by the alpha behind it
    kCmyk,           ///< the same
    kLibTiff,        ///< YCbCr: RGBA by libtiff's own conversion
  };

  std::int64_t width = 0;
  std::int64_t height = 0;
  Color color = Color::kGray;
  int bits = 8;     ///< of one sample
  int samples = 1;  ///< of one pixel
  bool separate_planes = false;
  /// Signed and floating-point samples of a compressed big-endian file: Pillow takes what libtiff has brought
  /// into the machine's order for the file's, and so swaps their bytes.
  bool bytes_swapped = false;
  int orientation = 1;
  std::vector<std::uint8_t> palette;  ///< RGB

  /// Bytes of `columns` pixels as libtiff unpacks them: all samples, or those of one plane.
  std::int64_t rowBytes(std::int64_t columns) const noexcept {
    return (columns * bits * (separate_planes ? 1 : samples) + 7) / 8;
  }
  /// Planes that colour is made of.
  int planes() const noexcept;
};

/// The layout of the page that `file` stands at. Throws Error IMAGE_DECODE, which names what is not
/// supported.
TiffLayout readTiffLayout(tiff* file, const std::string& name);

}  // namespace torchwing
