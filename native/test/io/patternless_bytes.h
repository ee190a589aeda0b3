#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torchwing::test {

/// The same `count` bytes without a pattern at every call.
inline std::vector<std::uint8_t> patternlessBytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

}  // namespace torchwing::test
