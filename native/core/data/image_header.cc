#include "core/data/image_header.h"

#include <algorithm>
#include <string_view>

#include "core/data/image_format.h"
#include "core/data/tiff_tags.h"

namespace torchwing {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view kExifPrefix("Exif\0\0", 6);
/// TIFF's photometric interpretation "separated".
constexpr std::uint16_t kSeparated = 5;

std::uint32_t number(Bytes bytes, std::size_t at, std::size_t count, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + (big_endian ? i : count - 1 - i)];
  return value;
}

void readExif(Bytes exif, ImageHeader& header) {
  if (startsWith(exif, kExifPrefix)) exif = exif.subspan(kExifPrefix.size());
  const auto orientation = TiffTags(exif).shortValue(TiffTags::kOrientation);
  if (orientation && *orientation >= 1 && *orientation <= 8) header.orientation = *orientation;
}

bool isFrame(std::uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/// Segments up to the first scan: two bytes of marker, two of length, itself included.
void readJpeg(Bytes bytes, ImageHeader& header) {
  bool exif_seen = false;
  for (std::size_t at = 2; at + 4 <= bytes.size();) {
    if (bytes[at] != 0xFF) return;
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA) return;
    const std::size_t length = number(bytes, at + 2, 2, true);
    if (length < 2 || bytes.size() - at - 2 < length) return;
    const Bytes segment = bytes.subspan(at + 4, length - 2);
    if (marker == 0xE1 && !exif_seen && startsWith(segment, kExifPrefix)) {
      exif_seen = true;
      readExif(segment, header);
    }
    if (isFrame(marker) && segment.size() >= 6) header.cmyk = segment[5] == 4;
    at += 2 + length;
  }
}

/// Length, type, data, checksum.
void readPng(Bytes bytes, ImageHeader& header) {
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = number(bytes, at, 4, true);
    if (length > bytes.size() - at - 12) return;
    const Bytes type = bytes.subspan(at + 4, 4);
    const Bytes data = bytes.subspan(at + 8, length);
    if (startsWith(type, "eXIf")) readExif(data, header);
    if (startsWith(type, "acTL") && length >= 8) header.animated = number(data, 0, 4, true) > 1;
    at += 12 + length;
  }
}

/// RIFF chunks: type, length, data, padded to an even length.
void readWebp(Bytes bytes, ImageHeader& header) {
  header.end_missing = number(bytes, 4, 4, false) > bytes.size() - 8;
  int frames = 0;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::size_t length = number(bytes, at + 4, 4, false);
    const Bytes type = bytes.subspan(at, 4);
    if (startsWith(type, "ANMF")) header.animated = ++frames > 1;
    if (length > bytes.size() - at - 8) return;
    if (startsWith(type, "EXIF")) readExif(bytes.subspan(at + 8, length), header);
    at += 8 + length + length % 2;
  }
}

/// Length of GIF's data sub-blocks from `at` on, their end included.
std::size_t subBlocks(Bytes bytes, std::size_t at) {
  const std::size_t begin = at;
  while (at < bytes.size() && bytes[at] != 0) at += std::size_t{1} + bytes[at];
  return at + 1 - begin;
}

std::size_t colorTable(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

void readGif(Bytes bytes, ImageHeader& header) {
  if (bytes.size() < 13) return;
  int frames = 0;
  for (std::size_t at = 13 + colorTable(bytes[10]); at + 10 <= bytes.size();) {
    if (bytes[at] == 0x21) {
      at += 2 + subBlocks(bytes, at + 2);
    } else if (bytes[at] == 0x2C) {
      header.animated = ++frames > 1;
      if (header.animated) return;
      at += 10 + colorTable(bytes[at + 9]) + 1;
      at += subBlocks(bytes, at);
    } else {
      return;
    }
  }
}

/// The orientation stays 1: Pillow turns TIFF files upright when it loads them, and so does the decoder.
void readTiff(Bytes bytes, ImageHeader& header) {
  const TiffTags tags(bytes);
  header.end_missing = !tags.present();
  header.cmyk = tags.shortValue(TiffTags::kPhotometricInterpretation) == kSeparated;
  header.animated = tags.hasNext();
}

/// Whether `marker` is among the last bytes; some writers pad, so these are those before trailing zeros.
bool endsWith(Bytes bytes, std::string_view marker) {
  constexpr std::size_t kLast = 64;
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  const Bytes last = bytes.last(std::min(kLast, bytes.size()));
  return std::string_view(reinterpret_cast<const char*>(last.data()), last.size()).find(marker) !=
         std::string_view::npos;
}

}  // namespace

ImageHeader readImageHeader(std::span<const std::uint8_t> bytes) {
  ImageHeader header;
  header.format = imageFormat(bytes);
  if (header.format == "JPEG") {
    readJpeg(bytes, header);
    header.end_missing = !endsWith(bytes, "\xFF\xD9");
  } else if (header.format == "PNG") {
    readPng(bytes, header);
    header.end_missing = !endsWith(bytes, "IEND");
  } else if (header.format == "WebP") {
    readWebp(bytes, header);
  } else if (header.format == "GIF") {
    readGif(bytes, header);
  } else if (header.format == "TIFF") {
    readTiff(bytes, header);
  }
  return header;
}

}  // namespace torchwing
