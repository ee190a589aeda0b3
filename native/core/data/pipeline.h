#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/data/batch.h"
#include "core/data/geometry.h"
#include "core/data/resize.h"
#include "core/data/transform_spec.h"

namespace torchwing {

/// Seconds that one image took after decoding.
struct TransformCosts {
  double resize = 0;
  double other = 0;
};

/// A list of transforms, checked once: which size and form its images have, and the table of its per-value
/// tail. Immutable, shared by all workers.
class Pipeline {
 public:
  /// Throws Error INVALID_CONFIG when images would have no fixed size, when toTensor is missing or not behind
  /// the pixel transforms, or when a number is out of range.
  explicit Pipeline(const std::vector<transform::Spec>& transforms);

  Size outputSize() const noexcept { return output_size_; }
  BatchForm form() const noexcept { return form_; }
  /// Everything from toTensor on, per byte value and channel.
  const NormalizeTable& table() const noexcept { return table_; }
  /// Bytes of one image in its batch.
  std::size_t imageBytes() const noexcept;

 private:
  friend class PipelineRunner;
  std::vector<transform::Spec> pixel_transforms_;
  Size output_size_;
  BatchForm form_ = BatchForm::kUint8;
  NormalizeTable table_{};
};

/// Runs a pipeline on one thread, reusing its memory.
class PipelineRunner {
 public:
  explicit PipelineRunner(const Pipeline& pipeline) : pipeline_(pipeline) {}

  /// Writes the transformed image to `target`: uint8 [H, W, 3] or float32 [3, H, W], as form() says. Draws
  /// are keyed by (seed, epoch, index, position of the transform).
  TransformCosts run(const ImageView& image, std::uint64_t seed, std::int64_t epoch, std::int64_t index,
                     void* target);

 private:
  const Pipeline& pipeline_;
  BilinearResizer resizer_;
  Image scratch_[2];
  Image pixels_;
};

}  // namespace torchwing
