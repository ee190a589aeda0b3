#include "core/data/inspect_image.h"

#include "core/data/file_reader.h"
#include "core/data/perceptual_hash.h"
#include "core/data/sha256.h"
#include "core/error.h"

namespace torchwing {
namespace {

/// A decoder may say that the data ended early, or stumble over what is missing in words of its own.
bool endedEarly(const Error& error, const ImageHeader& header) {
  const std::string message = error.what();
  return header.end_missing || message.find("truncated") != std::string::npos;
}

ImageVerdict verdictOf(const Error& error, const ImageFacts& facts) {
  if (error.code() == "IMAGE_TOO_LARGE") return ImageVerdict::kTooLarge;
  if (error.code() != "IMAGE_DECODE") return ImageVerdict::kUnreadable;
  if (facts.bytes == 0) return ImageVerdict::kEmpty;
  return endedEarly(error, facts.header) ? ImageVerdict::kTruncated : ImageVerdict::kUnreadable;
}

}  // namespace

ImageFacts ImageInspector::inspect(const std::string& path) {
  ImageFacts facts;
  try {
    readFile(path, limits_.file_bytes, file_);
    facts.bytes = static_cast<std::int64_t>(file_.size());
    facts.sha256 = sha256Hex(file_);
    facts.header = readImageHeader(file_);
    decoder_.decode(file_, path, image_);
    facts.width = image_.width();
    facts.height = image_.height();
    facts.perceptual_hash = perceptualHash(image_.view());
    facts.verdict = ImageVerdict::kGood;
  } catch (const Error& error) {
    facts.verdict = verdictOf(error, facts);
    facts.code = error.code();
    facts.message = error.what();
  }
  return facts;
}

}  // namespace torchwing
