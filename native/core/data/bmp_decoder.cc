#include "core/data/bmp_decoder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/data/bmp_header.h"
#include "core/data/byte_reader.h"

namespace torchwing {
namespace {

using Pixel = BmpHeader::Pixel;

void writeIndices(const BmpHeader& header, const std::uint8_t* row, std::uint8_t* rgb) {
  const unsigned bits = static_cast<unsigned>(header.index_bits), mask = (1U << bits) - 1;
  for (std::int64_t x = 0; x < header.width; ++x, rgb += 3) {
    const std::uint64_t at = static_cast<std::uint64_t>(x) * bits;
    const unsigned index = static_cast<unsigned>(row[at / 8]) >> (8 - bits - at % 8) & mask;
    std::memcpy(rgb, header.palette[index].data(), 3);
  }
}

/// `green_bits` is 5 or 6; blue lies lowest.
void writeRgb16(const BmpHeader& header, const std::uint8_t* row, unsigned green_bits, std::uint8_t* rgb) {
  const unsigned green_mask = (1U << green_bits) - 1;
  for (std::int64_t x = 0; x < header.width; ++x, row += 2, rgb += 3) {
    const unsigned pixel = row[0] | static_cast<unsigned>(row[1]) << 8;
    rgb[0] = static_cast<std::uint8_t>((pixel >> (5 + green_bits) & 31) * 255 / 31);
    rgb[1] = static_cast<std::uint8_t>((pixel >> 5 & green_mask) * 255 / green_mask);
    rgb[2] = static_cast<std::uint8_t>((pixel & 31) * 255 / 31);
  }
}

void writeBytes(const BmpHeader& header, const std::uint8_t* row, std::uint8_t* rgb) {
  const int bytes = header.bits / 8;
  for (std::int64_t x = 0; x < header.width; ++x, row += bytes, rgb += 3) {
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = row[header.channels[c]];
  }
}

void writeRow(const BmpHeader& header, const std::uint8_t* row, std::uint8_t* rgb) {
  switch (header.pixel) {
    case Pixel::kIndex:
      return writeIndices(header, row, rgb);
    case Pixel::kRgb555:
      return writeRgb16(header, row, 5, rgb);
    case Pixel::kRgb565:
      return writeRgb16(header, row, 6, rgb);
    case Pixel::kBytes:
      return writeBytes(header, row, rgb);
  }
}

/// One index a byte, in the order of the file's rows. Codes beyond the last pixel are not read; false when
/// the data end before it.
class RunLength {
 public:
  RunLength(const BmpHeader& header, ByteReader& reader)
      : four_bits_(header.compression == BmpHeader::Compression::kRle4),
        width_(static_cast<std::size_t>(header.width)),
        indices_(width_ * static_cast<std::size_t>(header.height)),
        reader_(reader) {}

  bool run() {
    while (done_ < indices_.size()) {
      if (reader_.left() < 2) return false;
      const std::size_t count = reader_.byte();
      const std::uint8_t code = reader_.byte();
      if (count > 0) {
        repeat(count, code);
      } else if (code == 0) {
        done_ = (done_ + width_ - 1) / width_ * width_;
        column_ = 0;
      } else if (code == 1 || !special(code)) {
        break;
      }
    }
    return done_ >= indices_.size();
  }

  const std::uint8_t* row(std::int64_t y) const {
    return indices_.data() + static_cast<std::size_t>(y) * width_;
  }

 private:
  void push(std::uint8_t index) {
    if (done_ < indices_.size()) indices_[done_] = index;
    ++done_;
  }

  /// A run is cut at the end of its row.
  void repeat(std::size_t count, std::uint8_t code) {
    if (column_ + count > width_) count = width_ > column_ ? width_ - column_ : 0;
    for (std::size_t i = 0; i < count; ++i) push(!four_bits_ ? code : i % 2 == 0 ? code >> 4 : code & 15);
    column_ += count;
  }

  /// A move, or `code` indices as they are; false at the end of the data or of the image.
  bool special(std::uint8_t code) {
    if (code == 2) {
      if (reader_.left() < 2) return false;
      const std::size_t right = reader_.byte(), up = reader_.byte();
      done_ += std::min(indices_.size() - done_, right + up * width_);
      column_ = done_ % width_;
      return true;
    }
    const std::size_t count = std::min<std::size_t>(indices_.size() - done_, code);
    const std::size_t bytes = four_bits_ ? (count + 1) / 2 : count;
    const bool whole = bytes <= reader_.left();
    const auto part = reader_.take(std::min(bytes, reader_.left()));
    for (std::size_t i = 0; i < part.size(); ++i) {
      push(four_bits_ ? part[i] >> 4 : part[i]);
      if (four_bits_ && 2 * i + 1 < count) push(part[i] & 15);
    }
    if (!whole || done_ >= indices_.size()) return false;
    column_ += code;
    if (reader_.position() % 2 != 0 && reader_.left() > 0) reader_.byte();
    return true;
  }

  bool four_bits_;
  std::size_t width_;
  std::vector<std::uint8_t> indices_;  ///< black where a move skips them
  ByteReader& reader_;
  std::size_t done_ = 0;
  std::size_t column_ = 0;
};

}  // namespace

void decodeBmp(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
               Image& image) {
  const BmpHeader header = readBmpHeader(bytes, name);
  requirePixels(name, header.width, header.height, limits);
  ByteReader reader(bytes, name);
  reader.seek(header.pixels_at);
  const auto targetRow = [&](std::int64_t y) {
    return image.row(static_cast<int>(header.top_down ? y : header.height - 1 - y));
  };
  if (header.compression != BmpHeader::Compression::kNone) {
    requireDecoderBytes(name, header.width * header.height, limits);
    image.reset(static_cast<int>(header.width), static_cast<int>(header.height));
    RunLength indices(header, reader);
    if (!indices.run()) failDecode(name, "the file is truncated");
    BmpHeader unpacked = header;  // a byte an index, whatever their bits in the file
    unpacked.index_bits = 8;
    for (std::int64_t y = 0; y < header.height; ++y) writeRow(unpacked, indices.row(y), targetRow(y));
    return;
  }
  const std::int64_t row_bytes = header.rowBytes();
  const std::int64_t used_bytes =
      (header.width * (header.pixel == Pixel::kIndex ? header.index_bits : header.bits) + 7) / 8;
  if (used_bytes > row_bytes)
    failDecode(name, "its palette of greys has more colours than its pixels have bits for");
  // Of the last row the filling may be missing.
  const std::int64_t needed = row_bytes * (header.height - 1) + used_bytes;
  if (needed > static_cast<std::int64_t>(reader.left())) failDecode(name, "the file is truncated");
  image.reset(static_cast<int>(header.width), static_cast<int>(header.height));
  const std::uint8_t* const pixels = reader.take(static_cast<std::size_t>(needed)).data();
  for (std::int64_t y = 0; y < header.height; ++y) writeRow(header, pixels + y * row_bytes, targetRow(y));
}

}  // namespace torchwing
