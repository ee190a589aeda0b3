#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace torchwing {

/// What an image file says of itself before a pixel is decoded. Reads any bytes safely: what is cut off or
/// damaged counts as not said.
struct ImageHeader {
  /// "JPEG", "PNG", "GIF", "BMP", "TIFF", "WebP" or "PNM" by its first bytes; empty for anything else.
  std::string format;
  /// Four inks: JPEG with four components, or TIFF of that photometric interpretation.
  bool cmyk = false;
  /// More than one frame or page: animated PNG, WebP or GIF, TIFF of several pages.
  bool animated = false;
  /// EXIF tag 0x0112, 1..8: how to turn the decoded pixels to see the photo upright. 1 also where nothing is
  /// said, and for TIFF files, which are decoded upright.
  int orientation = 1;
  /// The marker that ends a complete JPEG or PNG file is not at its end, a WebP file is shorter than it says,
  /// or the directory of a TIFF file, which most writers put last, is not there.
  bool end_missing = false;
};

ImageHeader readImageHeader(std::span<const std::uint8_t> bytes);

}  // namespace torchwing
