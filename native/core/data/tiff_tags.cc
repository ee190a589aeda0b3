#include "core/data/tiff_tags.h"

namespace torchwing {
namespace {

constexpr std::uint32_t kShort = 3;
constexpr std::uint64_t kClassic = 42, kBig = 43;

}  // namespace

TiffTags::TiffTags(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return;
  big_endian_ = bytes[0] == 'M';
  const auto version = read(2, 2);
  if (version != kClassic && version != kBig) return;
  if (version == kBig) wide_ = 8;
  const auto directory = read(wide_, wide_);
  const std::size_t count_bytes = wide_ == 8 ? 8 : 2;
  const auto count = directory ? read(*directory, count_bytes) : std::nullopt;
  // More entries than bytes: damaged, and no offset below may overflow.
  if (!count || *count > bytes.size()) return;
  entries_ = *directory + count_bytes;
  count_ = *count;
}

std::optional<std::uint16_t> TiffTags::shortValue(std::uint16_t tag) const {
  for (std::uint64_t i = 0; i < count_; ++i) {
    // Tag, type and count, then the value or where it is.
    const std::uint64_t entry = entries_ + i * (4 + 2 * wide_);
    const auto found = read(entry, 2);
    if (!found) return std::nullopt;
    if (*found != tag) continue;
    const auto value = read(entry + 4 + wide_, 2);
    if (read(entry + 2, 2) != kShort || read(entry + 4, wide_) != 1U || !value) return std::nullopt;
    return static_cast<std::uint16_t>(*value);
  }
  return std::nullopt;
}

bool TiffTags::hasNext() const {
  return present() && read(entries_ + count_ * (4 + 2 * wide_), wide_).value_or(0) != 0;
}

std::optional<std::uint64_t> TiffTags::read(std::uint64_t at, std::size_t count) const {
  if (at > bytes_.size() || bytes_.size() - at < count) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes_[at + (big_endian_ ? i : count - 1 - i)];
  return value;
}

}  // namespace torchwing
