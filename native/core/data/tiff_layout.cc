#include "core/data/tiff_layout.h"

#include <tiffio.h>

#include <algorithm>
#include <array>

#include "core/data/decoder.h"

namespace torchwing {
namespace {

using Color = TiffLayout::Color;
using Extras = std::vector<std::uint16_t>;

/// Compressions that Pillow names. OJPEG, the JPEG of before 1995, is among them.
constexpr std::array<std::uint16_t, 13> kCompressions{
    COMPRESSION_NONE,      COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3,   COMPRESSION_CCITTFAX4,
    COMPRESSION_LZW,       COMPRESSION_OJPEG,    COMPRESSION_JPEG,        COMPRESSION_ADOBE_DEFLATE,
    COMPRESSION_CCITTRLEW, COMPRESSION_PACKBITS, COMPRESSION_THUNDERSCAN, COMPRESSION_DEFLATE,
    COMPRESSION_ZSTD};

/// Tags of a page by their TIFF 6.0 names.
struct Tags {
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE;  // as Pillow takes it where it is missing
  std::uint16_t bits = 1;
  std::uint16_t samples = 1;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t fill_order = FILLORDER_MSB2LSB;
  std::uint16_t planar = PLANARCONFIG_CONTIG;
  Extras extras;
  bool big_endian = false;

  /// Whether Pillow knows this layout in bytes that begin with their highest bit only, and these do.
  bool plainOrder() const noexcept { return fill_order == FILLORDER_MSB2LSB; }
};

template <class Value>
void read(TIFF* file, std::uint32_t tag, Value& value) {
  Value found{};
  if (TIFFGetField(file, tag, &found) == 1) value = found;
}

Tags readTags(TIFF* file) {
  Tags tags;
  read(file, TIFFTAG_COMPRESSION, tags.compression);
  read(file, TIFFTAG_PHOTOMETRIC, tags.photometric);
  read(file, TIFFTAG_BITSPERSAMPLE, tags.bits);
  read(file, TIFFTAG_SAMPLESPERPIXEL, tags.samples);
  read(file, TIFFTAG_SAMPLEFORMAT, tags.format);
  read(file, TIFFTAG_FILLORDER, tags.fill_order);
  read(file, TIFFTAG_PLANARCONFIG, tags.planar);
  std::uint16_t count = 0;
  const std::uint16_t* kinds = nullptr;
  if (TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 1 && count > 0)
    tags.extras.assign(kinds, kinds + count);
  tags.big_endian = TIFFIsBigEndian(file) != 0;
  return tags;
}

/// Of grey and palettes, nothing or one ignored sample; of `base` colours, up to two more after the first
/// extra.
bool allZeroFrom(const Extras& extras, std::size_t from) {
  return std::all_of(extras.begin() + static_cast<std::ptrdiff_t>(from), extras.end(),
                     [](auto kind) { return kind == 0; });
}

bool isGray(const Tags& t, Color& color) {
  const bool inverted = t.photometric == PHOTOMETRIC_MINISWHITE;
  const bool one = t.samples == 1 && t.extras.empty();
  const bool small = t.bits == 1 || t.bits == 2 || t.bits == 4 || t.bits == 8;
  color = inverted ? Color::kInvertedGray : Color::kGray;
  if (t.format == SAMPLEFORMAT_UINT) {
    if (one && small) return true;
    if (!inverted && t.bits == 8 && t.samples == 2 && t.extras.size() == 1)  // alpha, not premultiplied
      return t.plainOrder() && (t.extras[0] == 0 || t.extras[0] == EXTRASAMPLE_UNASSALPHA);
    color = Color::kGray;  // Pillow does not invert 16 bits
    if (one && t.bits == 16) return t.big_endian ? !inverted && t.plainOrder() : !inverted || t.plainOrder();
    if (one && t.bits == 12) return !inverted && !t.big_endian && t.plainOrder();
    color = Color::kSignedGray;  // as Pillow reads 32 bits
    return one && !inverted && t.bits == 32 && !t.big_endian && t.plainOrder();
  }
  if (!one || !t.plainOrder()) return false;
  if (t.format == SAMPLEFORMAT_INT && !inverted) {
    if (t.bits == 8) return true;  // Pillow takes the bytes for unsigned ones
    color = Color::kSignedGray;
    return t.bits == 16 || t.bits == 32;
  }
  color = Color::kFloatGray;
  return t.format == SAMPLEFORMAT_IEEEFP && t.bits == 32;
}

bool isPalette(const Tags& t) {
  if (t.format != SAMPLEFORMAT_UINT) return false;
  if (t.samples == 1 && t.extras.empty()) return t.bits == 1 || t.bits == 2 || t.bits == 4 || t.bits == 8;
  return t.samples == 2 && t.bits == 8 && t.plainOrder() && t.extras.size() == 1 &&
         (t.extras[0] == 0 || t.extras[0] == EXTRASAMPLE_UNASSALPHA);
}

bool isRgb(const Tags& t, Color& color) {
  color = Color::kRgb;
  if (t.format != SAMPLEFORMAT_UINT || (t.bits != 8 && t.bits != 16) || t.samples < 3) return false;
  if (t.samples == 3) return t.extras.empty() && (t.bits == 8 || t.plainOrder());
  if (!t.plainOrder()) return false;
  if (t.samples == 4 && t.extras.empty()) return true;  // alpha that the file does not declare
  if (t.extras.size() != t.samples - 3U || !allZeroFrom(t.extras, 1)) return false;
  const std::uint16_t first = t.extras[0];
  if (first == EXTRASAMPLE_ASSOCALPHA) color = Color::kPremultiplied;
  constexpr std::uint16_t kCorelDraw = 999;
  const bool known =
      first <= EXTRASAMPLE_UNASSALPHA || (first == kCorelDraw && t.bits == 8 && t.samples == 4);
  return known && t.samples <= (t.bits == 8 ? 6 : 4);
}

bool isCmyk(const Tags& t) {
  if (t.format != SAMPLEFORMAT_UINT || !t.plainOrder() || t.samples < 4) return false;
  if (t.bits == 16) return t.samples == 4 && t.extras.empty();
  return t.bits == 8 && t.samples <= 6 && t.extras.size() == t.samples - 4U && allZeroFrom(t.extras, 0);
}

std::string described(const Tags& t) {
  return "TIFF of photometric interpretation " + std::to_string(t.photometric) + " with " +
         std::to_string(t.samples) + " samples of " + std::to_string(t.bits) + " bits (format " +
         std::to_string(t.format) + ")";
}

Color yccColor(TIFF* file, const Tags& tags, const std::string& name) {
  if (tags.compression == COMPRESSION_JPEG && tags.planar == PLANARCONFIG_CONTIG) {
    // libjpeg converts and upsamples.
    TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return Color::kRgb;
  }
  if (tags.compression == COMPRESSION_NONE)
    failDecode(name, "it is uncompressed YCbCr TIFF, which is not supported");
  return Color::kLibTiff;
}

Color colorOf(TIFF* file, const Tags& tags, const std::string& name) {
  Color color = Color::kGray;
  switch (tags.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      if (isGray(tags, color)) return color;
      break;
    case PHOTOMETRIC_RGB:
      if (isRgb(tags, color)) return color;
      break;
    case PHOTOMETRIC_PALETTE:
      if (isPalette(tags)) return Color::kPalette;
      break;
    case PHOTOMETRIC_SEPARATED:
      if (isCmyk(tags)) return Color::kCmyk;
      break;
    case PHOTOMETRIC_YCBCR:
      if (tags.format == SAMPLEFORMAT_UINT && tags.bits == 8 && tags.plainOrder() && tags.extras.empty() &&
          tags.samples == 3)
        return yccColor(file, tags, name);
      break;
    case PHOTOMETRIC_CIELAB:
      failDecode(name, "it is a TIFF in L*a*b* colours");
    default:
      break;
  }
  failDecode(name, described(tags) + " is not supported");
}

std::vector<std::uint8_t> readPalette(TIFF* file, const Tags& tags, const std::string& name) {
  const std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (TIFFGetField(file, TIFFTAG_COLORMAP, &red, &green, &blue) != 1)
    failDecode(name, "its TIFF palette is missing");
  std::vector<std::uint8_t> palette;
  for (std::size_t i = 0; i < std::size_t{1} << tags.bits; ++i) {
    for (const std::uint16_t* channel : {red, green, blue})
      palette.push_back(static_cast<std::uint8_t>(channel[i] >> 8));
  }
  return palette;
}

/// What Pillow reads plane by plane; of the rest it makes other pixels or none.
void requirePlanes(const Tags& tags, Color color, int planes, const std::string& name) {
  const bool raw = tags.compression == COMPRESSION_NONE;
  const bool known = color == Color::kRgb || color == Color::kCmyk || color == Color::kPremultiplied;
  const bool refused_raw =
      raw && (planes != tags.samples || tags.bits != 8 || color == Color::kPremultiplied);
  if (color != Color::kLibTiff && (!known || refused_raw))
    failDecode(name, described(tags) + " in separate planes is not supported");
}

}  // namespace

int TiffLayout::planes() const noexcept {
  if (!separate_planes) return 1;
  return color == Color::kRgb ? 3 : 4;
}

TiffLayout readTiffLayout(tiff* file, const std::string& name) {
  Tags tags = readTags(file);
  if (std::find(kCompressions.begin(), kCompressions.end(), tags.compression) == kCompressions.end())
    failDecode(name, "TIFF compression " + std::to_string(tags.compression) + " is not supported");
  if (tags.compression == COMPRESSION_OJPEG) tags.photometric = PHOTOMETRIC_YCBCR;
  TiffLayout layout;
  std::uint32_t width = 0, height = 0;
  read(file, TIFFTAG_IMAGEWIDTH, width);
  read(file, TIFFTAG_IMAGELENGTH, height);
  if (width == 0 || height == 0) failDecode(name, "it is 0 pixels wide or high");
  layout.width = width;
  layout.height = height;
  layout.separate_planes = tags.planar == PLANARCONFIG_SEPARATE;
  layout.samples = tags.samples;
  if (layout.separate_planes && !tags.extras.empty() && allZeroFrom(tags.extras, 0)) {
    // In planes of their own, samples without a meaning can be left unread.
    tags.samples =
        static_cast<std::uint16_t>(tags.samples - std::min<std::size_t>(tags.samples, tags.extras.size()));
    tags.extras.clear();
  }
  layout.color = colorOf(file, tags, name);
  layout.bits = tags.bits;
  layout.bytes_swapped = tags.big_endian && tags.compression != COMPRESSION_NONE &&
                         (layout.color == Color::kSignedGray || layout.color == Color::kFloatGray);
  if (layout.separate_planes && layout.samples == 1 && tags.bits == 8 && layout.color != Color::kInvertedGray)
    layout.separate_planes = false;  // one plane is all there is
  if (layout.separate_planes) requirePlanes(tags, layout.color, layout.samples, name);
  if (layout.color == Color::kPalette) layout.palette = readPalette(file, tags, name);
  std::uint16_t orientation = 1;
  read(file, TIFFTAG_ORIENTATION, orientation);
  if (orientation >= 1 && orientation <= 8) layout.orientation = orientation;
  return layout;
}

}  // namespace torchwing
