#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace torchwing {

/// The first image directory of a TIFF file, which is also what EXIF data is. Every access is within the
/// bytes.
class TiffTags {
 public:
  static constexpr std::uint16_t kPhotometricInterpretation = 0x0106;
  static constexpr std::uint16_t kOrientation = 0x0112;

  explicit TiffTags(std::span<const std::uint8_t> bytes);

  /// Value of a tag of one 16-bit number; nothing where the tag or the directory is not there.
  std::optional<std::uint16_t> shortValue(std::uint16_t tag) const;
  /// Whether another directory, that is another page, follows.
  bool hasNext() const;

 private:
  std::optional<std::uint32_t> read(std::size_t at, std::size_t count) const;

  std::span<const std::uint8_t> bytes_;
  bool big_endian_ = false;
  std::size_t entries_ = 0;  ///< offset of the first entry; 0 without a directory
  std::size_t count_ = 0;
};

}  // namespace torchwing
