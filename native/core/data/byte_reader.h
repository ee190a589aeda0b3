#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/data/decoder.h"

namespace torchwing {

/// Reads the bytes of an image file from front to back; each access beyond the end is IMAGE_DECODE "the file
/// is truncated". For the formats that are read here without a library.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::size_t position() const noexcept { return position_; }
  std::size_t left() const noexcept { return bytes_.size() - position_; }
  void seek(std::size_t position) {
    if (position > bytes_.size()) failDecode(name_, "the file is truncated");
    position_ = position;
  }

  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > left()) failDecode(name_, "the file is truncated");
    const auto part = bytes_.subspan(position_, count);
    position_ += count;
    return part;
  }
  std::uint8_t byte() { return take(1)[0]; }
  std::uint32_t littleEndian16() { return number(2); }
  std::uint32_t littleEndian32() { return number(4); }

 private:
  std::uint32_t number(std::size_t count) {
    const auto part = take(count);
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | part[i];
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  std::size_t position_ = 0;
};

}  // namespace torchwing
