#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/decoded_cache.h"
#include "core/data/decoder.h"
#include "core/data/loader.h"
#include "core/data/pipeline_runner.h"

namespace torchwing {

/// One worker's way from a sample to its place in a batch: read, decode, turn upright, transform. Reuses all
/// of its memory. What it is given must outlive it.
class SampleMaker {
 public:
  SampleMaker(const LoaderOptions& options, const Pipeline& pipeline, DecodedCache& cache);

  /// Writes the sample, transformed for epoch `epoch`, to `target`. Throws Error naming the file.
  LoaderCosts make(std::int64_t index, std::int64_t epoch, void* target);

 private:
  std::span<const std::uint8_t> read(const Sample& sample);
  ImageRegion decode(std::span<const std::uint8_t> bytes, const DrawKey& key);
  /// Whether an image of that size has the pixels of the whole decode, which are all that the cache holds,
  /// for this draw too: a smaller decode has others, whether the image lies in the cache or not.
  bool isDecodedWhole(Size image, const DrawKey& key) const;
  TransformCosts transform(const ImageRegion& image, const DrawKey& key, void* target);

  const LoaderOptions& options_;
  DecodedCache& cache_;
  Decoder decoder_;
  PipelineRunner runner_;
  std::vector<std::uint8_t> file_;
  Image image_;
  Image upright_;
  int shrunk_ = 1;  ///< by how much the decoder has made the image under way smaller
};

}  // namespace torchwing
