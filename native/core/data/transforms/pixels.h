#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/data/geometry.h"

namespace torchwing {

/// Red, green and blue, 0..255.
using Color = std::array<std::uint8_t, 3>;

/// uint8 RGB pixels that a transform may change, [height, width, 3], rows without gaps.
struct Pixels {
  std::uint8_t* data = nullptr;
  Size size;

  std::size_t count() const noexcept {
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  }
  std::size_t stride() const noexcept { return static_cast<std::size_t>(size.width) * 3; }
  std::uint8_t* row(int y) const noexcept { return data + static_cast<std::size_t>(y) * stride(); }
};

}  // namespace torchwing
