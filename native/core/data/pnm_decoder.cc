#include "core/data/pnm_decoder.h"

#include <array>
#include <cmath>

#include "core/data/byte_reader.h"
#include "core/data/pillow_pixels.h"

namespace torchwing {
namespace {

/// P1 to P6: what the digit says.
struct Kind {
  bool plain = false;
  bool bilevel = false;
  int channels = 1;
};

Kind kindOf(std::uint8_t digit) {
  return {digit <= '3', digit == '1' || digit == '4', digit == '3' || digit == '6' ? 3 : 1};
}

bool isSpace(std::uint8_t byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// Numbers in decimal digits between white space. A comment goes from # to the end of its line and takes the
/// line's end with it, so that digits on both sides of it are one number.
class Numbers {
 public:
  Numbers(ByteReader& reader, const std::string& name) : reader_(reader), name_(name) {}

  /// The next number, and the one byte of white space behind it.
  std::int64_t next() {
    std::int64_t value = 0;
    int digits = 0;
    while (reader_.left() > 0) {
      const std::uint8_t byte = nextByte();
      if (byte == 0) break;
      if (isSpace(byte)) {
        if (digits == 0) continue;
        break;
      }
      if (byte < '0' || byte > '9')
        failDecode(name_, "it holds a byte that is no digit where a number is expected");
      if (++digits > 10) failDecode(name_, "it holds a number of more than 10 digits");
      value = value * 10 + (byte - '0');
    }
    if (digits == 0) failDecode(name_, "the file is truncated");
    return value;
  }

  /// The next digit, whatever is around it.
  int digit() {
    while (reader_.left() > 0) {
      const std::uint8_t byte = nextByte();
      if (byte == 0) break;
      if (isSpace(byte)) continue;
      if (byte != '0' && byte != '1') failDecode(name_, "it holds a byte other than 0 and 1");
      return byte - '0';
    }
    failDecode(name_, "the file is truncated");
  }

 private:
  /// The next byte outside of a comment; 0 at the end of the file.
  std::uint8_t nextByte() {
    std::uint8_t byte = reader_.byte();
    while (byte == '#') {
      while (byte != '\n' && byte != '\r') {
        if (reader_.left() == 0) return 0;
        byte = reader_.byte();
      }
      if (reader_.left() == 0) return 0;
      byte = reader_.byte();
    }
    return byte;
  }

  ByteReader& reader_;
  const std::string& name_;
};

/// A value of 0 to `maxval` as a byte. Python's round(): half to even, of a double.
std::uint8_t scaledValue(std::int64_t value, std::int64_t maxval, bool clips) {
  const double full = clips ? 65535.0 : 255.0;
  return clipped(static_cast<std::int64_t>(
      std::nearbyint(static_cast<double>(value) / static_cast<double>(maxval) * full)));
}

void readBits(ByteReader& reader, Image& image) {
  const std::size_t row_bytes = (static_cast<std::size_t>(image.width()) + 7) / 8;
  for (int y = 0; y < image.height(); ++y) {
    const auto row = reader.take(row_bytes);
    for (int x = 0; x < image.width(); ++x)
      writeGray(image.row(y) + std::ptrdiff_t{3} * x,
                (row[static_cast<std::size_t>(x / 8)] >> (7 - x % 8) & 1) != 0 ? 0 : 255);
  }
}

void readBytes(ByteReader& reader, const Kind& kind, std::int64_t maxval, Image& image) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t value = 0; value < table.size(); ++value)
    table[value] = scaledValue(static_cast<std::int64_t>(value), maxval, false);
  const std::size_t row_values =
      static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(kind.channels);
  for (int y = 0; y < image.height(); ++y) {
    const auto row = reader.take(row_values);
    std::uint8_t* rgb = image.row(y);
    if (kind.channels == 3) {
      for (std::size_t i = 0; i < row_values; ++i) rgb[i] = table[row[i]];
    } else {
      for (std::size_t x = 0; x < row_values; ++x) writeGray(rgb + 3 * x, table[row[x]]);
    }
  }
}

/// Bytes that the pixels take at least, so that no memory is taken for what cannot be there.
std::int64_t leastBytes(const Kind& kind, std::int64_t width, std::int64_t height, std::int64_t maxval) {
  if (kind.bilevel) return kind.plain ? width * height : (width + 7) / 8 * height;
  const std::int64_t values = width * height * kind.channels;
  if (kind.plain) return 2 * values - 1;  // a digit each, and what parts them
  return maxval < 256 ? values : 2 * values;
}

}  // namespace

void decodePnm(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
               Image& image) {
  ByteReader reader(bytes, name);
  const Kind kind = kindOf(reader.take(2)[1]);
  if (!isSpace(reader.byte())) failDecode(name, "it begins like a PNM file and is none");
  Numbers numbers(reader, name);
  const std::int64_t width = numbers.next();
  const std::int64_t height = numbers.next();
  const std::int64_t maxval = kind.bilevel ? 1 : numbers.next();
  if (width == 0 || height == 0) failDecode(name, "it is 0 pixels wide or high");
  if (maxval < 1 || maxval > 65535)
    failDecode(name, "its largest value is " + std::to_string(maxval) + ", expected 1 to 65535");
  requirePixels(name, width, height, limits);
  if (leastBytes(kind, width, height, maxval) > static_cast<std::int64_t>(reader.left()))
    failDecode(name, "the file is truncated");
  image.reset(static_cast<int>(width), static_cast<int>(height));
  if (kind.bilevel && !kind.plain) return readBits(reader, image);

  if (!kind.plain && maxval < 256) return readBytes(reader, kind, maxval, image);

  const bool clips = maxval > 255 && kind.channels == 1;  // Pillow's mode I
  const auto nextValue = [&]() -> std::uint8_t {
    if (kind.bilevel) return numbers.digit() == 0 ? 255 : 0;
    std::int64_t value = 0;
    if (kind.plain) {
      value = numbers.next();
      if (value > maxval) failDecode(name, "it holds a value above its largest, " + std::to_string(maxval));
    } else {
      const auto two = reader.take(2);
      value = two[0] << 8 | two[1];
    }
    return scaledValue(value, maxval, clips);
  };
  for (int y = 0; y < image.height(); ++y) {
    std::uint8_t* rgb = image.row(y);
    for (int x = 0; x < image.width(); ++x, rgb += 3) {
      rgb[0] = nextValue();
      for (int c = 1; c < 3; ++c) rgb[c] = kind.channels == 3 ? nextValue() : rgb[0];
    }
  }
}

}  // namespace torchwing
