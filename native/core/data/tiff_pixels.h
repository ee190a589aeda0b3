#pragma once

#include <array>
#include <cstdint>

#include "core/data/tiff_layout.h"

namespace torchwing {

/// `columns` pixels of one row, as libtiff unpacked them, to RGB as Pillow makes them. `planes`: where each
/// plane's row begins; without separate planes the first holds all samples. 16 and 32 bits are in the
/// machine's byte order.
void writeTiffRow(const TiffLayout& layout, const std::array<const std::uint8_t*, 4>& planes,
                  std::int64_t columns, std::uint8_t* rgb);

}  // namespace torchwing
