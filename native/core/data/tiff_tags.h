#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace torchwing {

/// The first image directory of a TIFF or BigTIFF file; the former is also what EXIF data is. Every access is
/// within the bytes.
class TiffTags {
 public:
  static constexpr std::uint16_t kPhotometricInterpretation = 0x0106;
  static constexpr std::uint16_t kOrientation = 0x0112;

  explicit TiffTags(std::span<const std::uint8_t> bytes);

  /// Value of a tag of one 16-bit number; nothing where the tag or the directory is not there.
  std::optional<std::uint16_t> shortValue(std::uint16_t tag) const;
  /// Whether the directory lies within the bytes.
  bool present() const noexcept { return entries_ != 0; }
  /// Whether another directory, that is another page, follows.
  bool hasNext() const;

 private:
  std::optional<std::uint64_t> read(std::uint64_t at, std::size_t count) const;

  std::span<const std::uint8_t> bytes_;
  bool big_endian_ = false;
  std::size_t wide_ = 4;       ///< bytes of an offset: 8 in BigTIFF
  std::uint64_t entries_ = 0;  ///< offset of the first entry; 0 without a directory
  std::uint64_t count_ = 0;
};

}  // namespace torchwing
