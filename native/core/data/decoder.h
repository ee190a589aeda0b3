#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"
#include "core/data/image_region.h"

namespace torchwing {

class JpegDecoder;
class PngDecoder;

/// Bytes of an image file to RGB pixels, exactly those of Pillow's Image.open(file).convert("RGB"): alpha
/// dropped, grey replicated, CMYK by Pillow's formula, EXIF orientation not applied. The content decides the
/// format, not the name. One per thread; it reuses its memory.
class Decoder {
 public:
  explicit Decoder(const DecodeLimits& limits);
  ~Decoder();

  /// Throws Error IMAGE_DECODE (naming `name` and the decoder's reason; truncated files included) or
  /// IMAGE_TOO_LARGE.
  void decode(std::span<const std::uint8_t> bytes, const std::string& name, Image& image);

  /// The same, but at least the rectangle that `wanted` names: a JPEG file is read only as far down as that
  /// reaches, and rows and columns outside it are not reconstructed. Its pixels are those of the whole image,
  /// unless `wanted` shrinks it. `image` owns them.
  ImageRegion decodeRegion(std::span<const std::uint8_t> bytes, const std::string& name,
                           const RegionRequest& wanted, Image& image);

 private:
  DecodeLimits limits_;
  std::unique_ptr<JpegDecoder> jpeg_;
  std::unique_ptr<PngDecoder> png_;
};

/// Throws IMAGE_TOO_LARGE unless width x height is within the limits.
void requirePixels(const std::string& name, std::int64_t width, std::int64_t height,
                   const DecodeLimits& limits);

/// Throws IMAGE_TOO_LARGE unless a decoder may take `bytes` of memory besides the pixels.
void requireDecoderBytes(const std::string& name, std::int64_t bytes, const DecodeLimits& limits);

[[noreturn]] void failDecode(const std::string& name, const std::string& reason);

/// IMAGE_TOO_LARGE for a decoder that wanted more memory than it may have.
[[noreturn]] void failDecoderBytes(const std::string& name, const DecodeLimits& limits);

}  // namespace torchwing
