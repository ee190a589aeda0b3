#pragma once

#include <cstddef>
#include <cstdint>

/// The parts of the zip format (PKWARE APPNOTE 6.3) that weight files use. All numbers are little-endian.
namespace torchwing::zip {

inline constexpr std::uint32_t kLocalHeader = 0x04034b50;
inline constexpr std::uint32_t kCentralHeader = 0x02014b50;
inline constexpr std::uint32_t kEnd = 0x06054b50;
inline constexpr std::uint32_t kEnd64 = 0x06064b50;
inline constexpr std::uint32_t kEnd64Locator = 0x07064b50;

inline constexpr std::size_t kLocalHeaderSize = 30;
inline constexpr std::size_t kCentralHeaderSize = 46;
inline constexpr std::size_t kEndSize = 22;
inline constexpr std::size_t kEnd64Size = 56;
inline constexpr std::size_t kEnd64LocatorSize = 20;
inline constexpr std::size_t kLongestComment = 0xffff;

/// A 16- or 32-bit field with all bits set says: see the zip64 field.
inline constexpr std::uint16_t kSee64Short = 0xffff;
inline constexpr std::uint32_t kSee64 = 0xffffffff;
inline constexpr std::uint16_t kZip64Extra = 0x0001;
/// Extra field that PyTorch fills with padding, so that records start at multiples of 64 bytes.
inline constexpr std::uint16_t kPaddingExtra = 0x4246;

inline constexpr std::uint16_t kEncryptedFlag = 0x0001;
/// CRC and sizes stand behind the record's data; the local header's may be zero.
inline constexpr std::uint16_t kDescriptorFlag = 0x0008;
inline constexpr std::uint16_t kUtf8Flag = 0x0800;
inline constexpr std::uint16_t kStored = 0;

}  // namespace torchwing::zip
