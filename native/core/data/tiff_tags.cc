#include "core/data/tiff_tags.h"

namespace torchwing {
namespace {

/// Tag, type and count, then the value or where it is.
constexpr std::size_t kEntry = 12;
constexpr std::uint32_t kShort = 3;

}  // namespace

TiffTags::TiffTags(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return;
  big_endian_ = bytes[0] == 'M';
  if (read(2, 2) != 42) return;
  const std::size_t directory = *read(4, 4);
  const auto count = read(directory, 2);
  if (!count) return;
  entries_ = directory + 2;
  count_ = *count;
}

std::optional<std::uint16_t> TiffTags::shortValue(std::uint16_t tag) const {
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t entry = entries_ + i * kEntry;
    const auto found = read(entry, 2);
    if (!found) return std::nullopt;
    if (*found != tag) continue;
    const auto value = read(entry + 8, 2);
    if (read(entry + 2, 2) != kShort || read(entry + 4, 4) != 1U || !value) return std::nullopt;
    return static_cast<std::uint16_t>(*value);
  }
  return std::nullopt;
}

bool TiffTags::hasNext() const {
  return entries_ != 0 && read(entries_ + count_ * kEntry, 4).value_or(0) != 0;
}

std::optional<std::uint32_t> TiffTags::read(std::size_t at, std::size_t count) const {
  if (at > bytes_.size() || bytes_.size() - at < count) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes_[at + (big_endian_ ? i : count - 1 - i)];
  return value;
}

}  // namespace torchwing
