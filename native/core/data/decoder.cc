#include "core/data/decoder.h"

#include <string_view>

#include "core/data/bmp_decoder.h"
#include "core/data/image_format.h"
#include "core/data/jpeg_decoder.h"
#include "core/data/png_decoder.h"
#include "core/data/pnm_decoder.h"
#include "core/data/tiff_decoder.h"
#include "core/data/webp_decoder.h"
#include "core/error.h"

namespace torchwing {

Decoder::Decoder(const DecodeLimits& limits)
    : limits_(limits), jpeg_(std::make_unique<JpegDecoder>()), png_(std::make_unique<PngDecoder>()) {}

Decoder::~Decoder() = default;

void Decoder::decode(std::span<const std::uint8_t> bytes, const std::string& name, Image& image) {
  if (bytes.empty()) failDecode(name, "the file is empty");
  const std::string_view format = imageFormat(bytes);
  if (format == "JPEG") return jpeg_->decode(bytes, name, limits_, image);
  if (format == "PNG") return png_->decode(bytes, name, limits_, image);
  if (format == "BMP") return decodeBmp(bytes, name, limits_, image);
  if (format == "PNM") return decodePnm(bytes, name, limits_, image);
  if (format == "TIFF") return decodeTiff(bytes, name, limits_, image);
  if (format == "WebP") return decodeWebp(bytes, name, limits_, image);
  if (format == "GIF")
    failDecode(name, "it is a GIF file, which is none of the formats that torchvision's ImageFolder lists");
  failDecode(name, "it is none of JPEG, PNG, BMP, PNM, TIFF and WebP");
}

ImageRegion Decoder::decodeRegion(std::span<const std::uint8_t> bytes, const std::string& name,
                                  const RegionRequest& wanted, Image& image) {
  if (imageFormat(bytes) == "JPEG") return jpeg_->decodeRegion(bytes, name, limits_, wanted, image);
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

void requireDecoderBytes(const std::string& name, std::int64_t bytes, const DecodeLimits& limits) {
  if (bytes > limits.decoder_bytes) failDecoderBytes(name, limits);
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
