#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/decode_limits.h"
#include "core/data/decoder.h"
#include "core/data/image_header.h"

namespace torchwing {

enum class ImageVerdict {
  kGood,
  kUnreadable,  ///< the system does not give its bytes, or no decoder makes an image of them
  kTruncated,   ///< it begins as an image and ends too early
  kTooLarge,    ///< beyond a limit, which `message` names
  kEmpty,       ///< zero bytes
};

/// All that preflight wants to know of one file.
struct ImageFacts {
  ImageVerdict verdict = ImageVerdict::kUnreadable;
  ImageHeader header;
  int width = 0;  ///< of a good image, in pixels, as stored; 0 for any other
  int height = 0;
  std::int64_t bytes = 0;                        ///< of the file; 0 where it could not be read
  std::string sha256;                            ///< of those bytes; empty where it could not be read
  std::optional<std::uint64_t> perceptual_hash;  ///< of a good image; see perceptualHash()
  std::string code;                              ///< of the error; empty for a good image
  std::string message;
};

/// Reads, hashes and decodes files one after the other. One per thread; it reuses its memory.
class ImageInspector {
 public:
  explicit ImageInspector(const DecodeLimits& limits) : limits_(limits), decoder_(limits) {}

  /// Never throws for what a file holds: that is the verdict.
  ImageFacts inspect(const std::string& path);

 private:
  DecodeLimits limits_;
  Decoder decoder_;
  std::vector<std::uint8_t> file_;
  Image image_;
};

}  // namespace torchwing
