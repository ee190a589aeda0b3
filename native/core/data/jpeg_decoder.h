#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/data/decode_limits.h"
#include "core/data/image.h"

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

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace torchwing
