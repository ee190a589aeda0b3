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
  explicit PipelineRunner(const Pipeline& pipeline);

  /// Writes the transformed image to `target`: uint8 [H, W, 3] or float32 [3, H, W], as form() says. Draws
  /// are keyed by (seed, epoch, index, position of the transform).
  TransformCosts run(const ImageView& image, std::uint64_t seed, std::int64_t epoch, std::int64_t index,
                     void* target);

 private:
  /// One overload per pixel transform. Each reads `current_` and leaves the result in it.
  void apply(const transform::Resize& resize, CounterRng& rng);
  void apply(const transform::CenterCrop& crop, CounterRng& rng);
  void apply(const transform::RandomResizedCrop& crop, CounterRng& rng);
  void apply(const transform::RandomHorizontalFlip& flip, CounterRng& rng);
  void apply(const transform::ToTensor&, CounterRng&) {}
  void apply(const transform::Normalize&, CounterRng&) {}

  /// Resizes `source` to `full` and keeps the rectangle `window` of the result.
  void resizeInto(const ImageView& source, Size full, const Rectangle& window);
  /// Memory for the result of the transform at `position_`: of the last one that makes new pixels, the batch
  /// itself.
  std::uint8_t* newPixels(Size size);
  void setCurrent(std::uint8_t* pixels, Size size);
  Size currentSize() const noexcept { return {current_.width, current_.height}; }
  void convertToFloat(float* target) const;

  const Pipeline& pipeline_;
  std::ptrdiff_t last_maker_;  ///< position of the last transform that makes new pixels
  BilinearResizer resizer_;
  Image scratch_[2];
  Image last_pixels_;

  // The image under way.
  std::size_t position_ = 0;
  ImageView current_;
  std::uint8_t* own_pixels_ =
      nullptr;  ///< `current_`, once it is ours to change; null while it is the decoder's
  std::uint8_t* batch_pixels_ = nullptr;
  std::size_t scratch_used_ = 0;
  TransformCosts costs_;
};

}  // namespace torchwing
