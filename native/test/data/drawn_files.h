#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "core/data/geometry.h"

namespace torchwing {

using Bytes = std::vector<std::uint8_t>;

/// What a JPEG file of random pixels looks like.
struct JpegForm {
  const char* name;
  int components;  ///< 1 grey, 3 YCbCr, 4 CMYK
  int horizontal, vertical;
  bool progressive;
  unsigned restart_rows;
};
void PrintTo(const JpegForm& form, std::ostream* out);

Bytes drawJpeg(const JpegForm& form, Size size);

/// A PNG file of random pixels: of 16-bit grey, or 8-bit RGBA.
Bytes drawPng(bool gray16, Size size);

}  // namespace torchwing
