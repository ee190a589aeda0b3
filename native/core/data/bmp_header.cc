#include "core/data/bmp_header.h"

#include <algorithm>

#include "core/data/byte_reader.h"

namespace torchwing {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::uint32_t kCoreHeader = 12;

/// Compression as the file numbers it.
constexpr std::uint32_t kRaw = 0, kRunLength8 = 1, kRunLength4 = 2, kBitFields = 3;

struct Masks {
  std::uint32_t red, green, blue, alpha;
  bool operator==(const Masks&) const = default;
};

struct MaskLayout {
  Masks masks;
  std::array<int, 3> channels;
};

/// The bit fields of 32-bit pixels that Pillow reads. Some of them do not match their masks: they are what
/// older programs wrote.
constexpr std::array<MaskLayout, 8> kLayouts32{{
    {{0xFF0000, 0xFF00, 0xFF, 0}, {2, 1, 0}},
    {{0xFF000000, 0xFF0000, 0xFF00, 0}, {3, 2, 1}},
    {{0xFF000000, 0xFF00, 0xFF, 0}, {3, 1, 0}},
    {{0xFF000000, 0xFF0000, 0xFF00, 0xFF}, {3, 2, 1}},
    {{0xFF, 0xFF00, 0xFF0000, 0xFF000000}, {0, 1, 2}},
    {{0xFF0000, 0xFF00, 0xFF, 0xFF000000}, {2, 1, 0}},
    {{0xFF000000, 0xFF00, 0xFF, 0xFF0000}, {3, 1, 0}},
    {{0, 0, 0, 0}, {2, 1, 0}},
}};

/// What the header says, in its own numbers.
struct Fields {
  std::uint32_t header_size = 0;
  std::uint32_t colors = 0;
  std::uint32_t compression = kRaw;
  std::size_t palette_entry = 4;  ///< bytes
  Masks masks{};
};

bool isKnownSize(std::uint32_t size) {
  constexpr std::array<std::uint32_t, 6> kSizes{40, 52, 56, 64, 108, 124};
  return std::find(kSizes.begin(), kSizes.end(), size) != kSizes.end();
}

void readCoreFields(ByteReader& reader, BmpHeader& header, Fields& fields) {
  header.width = reader.littleEndian16();
  header.height = reader.littleEndian16();
  reader.take(2);  // planes
  header.bits = static_cast<int>(reader.littleEndian16());
  fields.palette_entry = 3;
}

void readInfoFields(ByteReader& reader, BmpHeader& header, Fields& fields) {
  header.width = reader.littleEndian32();
  const std::uint32_t height = reader.littleEndian32();
  header.top_down = height >> 24 == 0xFF;
  header.height = header.top_down ? (std::int64_t{1} << 32) - height : height;
  reader.take(2);  // planes
  header.bits = static_cast<int>(reader.littleEndian16());
  fields.compression = reader.littleEndian32();
  reader.take(12);  // size of the pixel data, two resolutions
  fields.colors = reader.littleEndian32();
  reader.take(4);  // important colours
  if (fields.header_size >= 52 || fields.compression == kBitFields) {
    fields.masks = {reader.littleEndian32(), reader.littleEndian32(), reader.littleEndian32(), 0};
    if (fields.header_size >= 56) fields.masks.alpha = reader.littleEndian32();
  }
}

void chooseBitFields(const std::string& name, const Masks& masks, BmpHeader& header) {
  const Masks opaque{masks.red, masks.green, masks.blue, 0};
  if (header.bits == 32) {
    const auto* const layout = std::find_if(kLayouts32.begin(), kLayouts32.end(),
                                            [&](const MaskLayout& known) { return known.masks == masks; });
    if (layout == kLayouts32.end()) failDecode(name, "its BMP bit fields are of an unknown layout");
    header.channels = layout->channels;
  } else if (header.bits == 24 && opaque == Masks{0xFF0000, 0xFF00, 0xFF, 0}) {
    header.channels = {2, 1, 0};
  } else if (header.bits == 16 && opaque == Masks{0xF800, 0x7E0, 0x1F, 0}) {
    header.pixel = BmpHeader::Pixel::kRgb565;
  } else if (header.bits != 16 || opaque != Masks{0x7C00, 0x3E0, 0x1F, 0}) {
    failDecode(name, "its BMP bit fields are of an unknown layout");
  }
}

void choosePixel(const std::string& name, const Fields& fields, BmpHeader& header) {
  const int bits = header.bits;
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
    failDecode(name, "its BMP pixels have " + std::to_string(bits) + " bits, expected 1, 4, 8, 16, 24 or 32");
  header.index_bits = bits;
  header.channels = {2, 1, 0};
  if (bits > 8) header.pixel = bits == 16 ? BmpHeader::Pixel::kRgb555 : BmpHeader::Pixel::kBytes;
  const bool run_length = fields.compression == kRunLength8 || fields.compression == kRunLength4;
  if (fields.compression == kBitFields) {
    chooseBitFields(name, fields.masks, header);
  } else if (run_length && header.pixel == BmpHeader::Pixel::kIndex) {
    header.compression =
        fields.compression == kRunLength8 ? BmpHeader::Compression::kRle8 : BmpHeader::Compression::kRle4;
  } else if (fields.compression != kRaw) {
    failDecode(name, "its BMP compression " + std::to_string(fields.compression) + " is not supported with " +
                         std::to_string(bits) + " bits");
  }
}

void readPalette(ByteReader& reader, const std::string& name, const Fields& fields, BmpHeader& header) {
  if (fields.colors > 256) failDecode(name, "its BMP palette has more than 256 colours");
  bool gray = true;
  for (std::uint32_t i = 0; i < fields.colors; ++i) {
    const auto entry = reader.take(fields.palette_entry);
    header.palette[i] = {entry[2], entry[1], entry[0]};
    const auto level = static_cast<std::uint8_t>(fields.colors == 2 ? i * 255 : i);
    gray = gray && header.palette[i] == std::array{level, level, level};
  }
  if (!gray) return;
  header.index_bits = fields.colors <= 2 ? 1 : 8;
  for (std::uint32_t i = 0; i < 256; ++i) {
    const auto level = static_cast<std::uint8_t>(header.index_bits == 1 ? (i == 0 ? 0 : 255) : i);
    header.palette[i] = {level, level, level};
  }
}

}  // namespace

BmpHeader readBmpHeader(std::span<const std::uint8_t> bytes, const std::string& name) {
  ByteReader reader(bytes, name);
  BmpHeader header;
  Fields fields;
  reader.seek(10);
  header.pixels_at = reader.littleEndian32();
  fields.header_size = reader.littleEndian32();
  if (fields.header_size == kCoreHeader) {
    readCoreFields(reader, header, fields);
  } else if (isKnownSize(fields.header_size)) {
    readInfoFields(reader, header, fields);
  } else {
    failDecode(name,
               "its BMP header has " + std::to_string(fields.header_size) + " bytes, which no version has");
  }
  if (header.width == 0 || header.height == 0) failDecode(name, "it is 0 pixels wide or high");
  choosePixel(name, fields, header);
  const std::size_t header_end = kFileHeader + fields.header_size;
  // Masks behind a header of 40 bytes are not part of it.
  const bool masks_behind = fields.header_size == 40 && fields.compression == kBitFields;
  if (!masks_behind) reader.seek(header_end);
  if (header.pixel == BmpHeader::Pixel::kIndex) {
    if (fields.colors == 0) fields.colors = std::uint32_t{1} << header.bits;
    // Some writers count the palette out of the offset.
    if (header.pixels_at == header_end) header.pixels_at += fields.palette_entry * fields.colors;
    readPalette(reader, name, fields, header);
  }
  if (header.pixels_at == 0) header.pixels_at = reader.position();
  return header;
}

}  // namespace torchwing
