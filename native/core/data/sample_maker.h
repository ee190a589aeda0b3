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
  TransformCosts transform(const ImageRegion& image, const DrawKey& key, void* target);

  const LoaderOptions& options_;
  DecodedCache& cache_;
  Decoder decoder_;
  PipelineRunner runner_;
  std::vector<std::uint8_t> file_;
  Image image_;
  Image upright_;
};

}  // namespace torchwing
