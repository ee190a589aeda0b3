#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/data/batch.h"
#include "core/data/geometry.h"
#include "core/data/image_region.h"
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
  explicit Pipeline(const std::vector<transform::Spec>& transforms,
                    ResizeArithmetic resize = ResizeArithmetic::kPillow);

  Size outputSize() const noexcept { return output_size_; }
  BatchForm form() const noexcept { return form_; }
  /// Everything from toTensor on, per byte value and channel.
  const NormalizeTable& table() const noexcept { return table_; }
  /// Bytes of one image in its batch.
  std::size_t imageBytes() const noexcept;

 private:
  friend class PipelineRunner;
  std::vector<transform::Spec> pixel_transforms_;
  ResizeArithmetic resize_;
  Size output_size_;
  BatchForm form_ = BatchForm::kUint8;
  NormalizeTable table_{};
};

/// What the random draws of one image are keyed by, besides the position of the transform in its list.
struct DrawKey {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::int64_t index = 0;  ///< of the sample
};

/// Runs a pipeline on one thread, reusing its memory.
class PipelineRunner {
 public:
  explicit PipelineRunner(const Pipeline& pipeline);

  /// What an image of size `image` is transformed from: run() with the same key reads no other pixel.
  Rectangle sourceRectangle(Size image, const DrawKey& key) const;

  /// By how much (1, 2, 4 or 8) an image of size `image` may be smaller on both sides and still be no smaller
  /// than what it is resized to.
  int shrinkFactor(Size image, const DrawKey& key) const;

  /// Writes the transformed image to `target`: uint8 [H, W, 3] or float32 [3, H, W], as form() says. `image`
  /// holds at least sourceRectangle().
  TransformCosts run(const ImageRegion& image, const DrawKey& key, void* target);

 private:
  /// One overload per pixel transform. Each reads `current_` and leaves the result in it.
  void apply(const transform::Resize& resize, CounterRng& rng);
  void apply(const transform::CenterCrop& crop, CounterRng& rng);
  void apply(const transform::RandomResizedCrop& crop, CounterRng& rng);
  void apply(const transform::RandomHorizontalFlip& flip, CounterRng& rng);
  void apply(const transform::ToTensor&, CounterRng&) {}
  void apply(const transform::Normalize&, CounterRng&) {}

  /// The rectangle of the resized image that the transform behind the resize keeps, if it only crops it: only
  /// those pixels are made, each the same as in the whole.
  std::optional<Rectangle> cropBehind(std::size_t position, Size full) const;
  /// Whether a flip behind the present transform mirrors; it is then not applied again.
  bool takeFlipBehind();
  /// Resizes `source` to `full` and keeps the rectangle `window` of the result.
  void resizeInto(const ImageRegion& source, Size full, const Rectangle& window);
  /// Memory for the result of the transform at `position_`: of the last one that makes new pixels, the batch
  /// itself.
  std::uint8_t* newPixels(Size size);
  void setCurrent(std::uint8_t* pixels, Size size);
  Size currentSize() const noexcept { return current_.full; }
  void convertToFloat(float* target) const;

  const Pipeline& pipeline_;
  std::ptrdiff_t last_maker_;  ///< position of the last transform that makes new pixels
  BilinearResizer resizer_;
  Image scratch_[2];
  Image last_pixels_;

  // The image under way.
  DrawKey key_;
  std::optional<std::size_t> flip_taken_;  ///< position of a flip that the resize before it has done
  std::size_t position_ = 0;
  ImageRegion current_;
  std::uint8_t* own_pixels_ =
      nullptr;  ///< `current_`, once it is ours to change; null while it is the decoder's
  std::uint8_t* batch_pixels_ = nullptr;
  std::size_t scratch_used_ = 0;
  TransformCosts costs_;
};

}  // namespace torchwing
