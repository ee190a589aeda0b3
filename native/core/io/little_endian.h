#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace torchwing {

/// Unsigned little-endian integer of sizeof(Integer) bytes at `bytes`, on any host and at any alignment.
template <typename Integer>
Integer loadLittle(const std::uint8_t* bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= static_cast<Integer>(bytes[i]) << (8 * i);
  return value;
}

/// Appends `value` to `text` as sizeof(Integer) little-endian bytes.
template <typename Integer>
void appendLittle(std::string& text, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) text.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace torchwing
