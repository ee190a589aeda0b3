#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"
#include "core/data/image_region.h"

namespace torchwing {

/// libjpeg-turbo with its defaults, which are Pillow's: integer IDCT, fancy upsampling. Reusable; one per
/// thread.
class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  /// See Decoder::decode.
  void decode(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
              Image& image);
  /// See Decoder::decodeRegion.
  ImageRegion decodeRegion(std::span<const std::uint8_t> bytes, const std::string& name,
                           const DecodeLimits& limits, const RegionRequest& wanted, Image& image);

 private:
  /// Reads the header and holds it against the limits; returns the size of the image.
  Size open(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits);
  /// Has the file that is open decoded at 1 / `factor` of its size; returns that size.
  Size shrinkBy(int factor);
  /// Decodes at least `wanted` of the image of size `full`; false when the file must be read to its end to
  /// tell whether it is whole.
  bool readWanted(const std::string& name, const DecodeLimits& limits, Size full, const Rectangle& wanted,
                  Image& image, Rectangle& read);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace torchwing
