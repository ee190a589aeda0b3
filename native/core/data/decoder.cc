#include "core/data/decoder.h"

#include <string_view>

#include "core/data/jpeg_decoder.h"
#include "core/data/png_decoder.h"
#include "core/error.h"

namespace torchwing {
namespace {

constexpr std::string_view kJpegMagic = "\xFF\xD8\xFF";

bool startsWith(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()), magic.size()) == magic;
}

/// The name of a format that is recognised but not decoded, or an empty text.
std::string_view otherFormat(std::span<const std::uint8_t> bytes) {
  if (startsWith(bytes, "GIF8")) return "GIF";
  if (startsWith(bytes, "BM")) return "BMP";
  if (startsWith(bytes, std::string_view("II*\0", 4)) || startsWith(bytes, std::string_view("MM\0*", 4)))
    return "TIFF";
  if (startsWith(bytes, "RIFF") && bytes.size() >= 12 && startsWith(bytes.subspan(8), "WEBP")) return "WebP";
  if (bytes.size() >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') return "PNM";
  return {};
}

}  // namespace

Decoder::Decoder(const DecodeLimits& limits)
    : limits_(limits), jpeg_(std::make_unique<JpegDecoder>()), png_(std::make_unique<PngDecoder>()) {}

Decoder::~Decoder() = default;

void Decoder::decode(std::span<const std::uint8_t> bytes, const std::string& name, Image& image) {
  if (bytes.empty()) failDecode(name, "the file is empty");
  if (startsWith(bytes, kJpegMagic)) return jpeg_->decode(bytes, name, limits_, image);
  if (startsWith(bytes, "\x89PNG\r\n\x1A\n")) return png_->decode(bytes, name, limits_, image);
  const std::string_view other = otherFormat(bytes);
  if (other.empty()) failDecode(name, "it is neither a JPEG nor a PNG file");
  failDecode(name, "it is a " + std::string(other) + " file; JPEG and PNG are supported");
}

ImageRegion Decoder::decodeRegion(std::span<const std::uint8_t> bytes, const std::string& name,
                                  const RegionRequest& wanted, Image& image) {
  if (startsWith(bytes, kJpegMagic)) return jpeg_->decodeRegion(bytes, name, limits_, wanted, image);
  decode(bytes, name, image);
  return ImageRegion::whole(image.view());
}

void requirePixels(const std::string& name, std::int64_t width, std::int64_t height,
                   const DecodeLimits& limits) {
  if (width <= limits.pixels && height <= limits.pixels && width * height <= limits.pixels) return;
  throw Error("IMAGE_TOO_LARGE", "Image \"" + name + "\" is too large: received " + std::to_string(width) +
                                     " x " + std::to_string(height) + " pixels, expected at most " +
                                     std::to_string(limits.pixels) + " (limits.pixels).");
}

void failDecode(const std::string& name, const std::string& reason) {
  throw Error("IMAGE_DECODE", "Cannot decode image \"" + name + "\": " + reason + ".",
              "Repair or remove the file, or set onBadImage to 'skip'.");
}

void failDecoderBytes(const std::string& name, const DecodeLimits& limits) {
  throw Error("IMAGE_TOO_LARGE", "Image \"" + name + "\" is too large: its decoder needs more than " +
                                     std::to_string(limits.decoder_bytes) + " bytes (limits.decoderBytes).");
}

}  // namespace torchwing
