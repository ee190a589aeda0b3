#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/data/draw_key.h"
#include "core/data/image_region.h"
#include "core/data/pipeline.h"
#include "core/data/resize.h"
#include "core/data/transforms/augment.h"
#include "core/data/transforms/pixels.h"

namespace torchwing {

/// Seconds that one image took after decoding.
struct TransformCosts {
  double resize = 0;
  double other = 0;
};

/// Thrown for an image so narrow that a resize of its shorter side would make more than kLargestResult pixels
/// of it: a few bytes of file would ask for gigabytes.
struct ResizedTooLarge {
  ResizedTooLarge(Size image, Size resized) : image(image), resized(resized) {}
  Size image;
  Size resized;
};
constexpr std::int64_t kLargestResult = 100'000'000;

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
  /// holds at least sourceRectangle(). Throws ImageTooSmall or ResizedTooLarge.
  TransformCosts run(const ImageRegion& image, const DrawKey& key, void* target);

 private:
  /// One overload per pixel transform. Each reads `current_` and leaves the result in it.
  void apply(const transform::Resize& resize, CounterRng& rng);
  void apply(const transform::CenterCrop& crop, CounterRng& rng);
  void apply(const transform::RandomResizedCrop& crop, CounterRng& rng);
  void apply(const transform::Pad& pad, CounterRng& rng);
  void apply(const transform::RandomCrop& crop, CounterRng& rng);
  void apply(const transform::RandomHorizontalFlip& flip, CounterRng& rng);
  void apply(const transform::RandomVerticalFlip& flip, CounterRng& rng);
  void apply(const transform::ColorJitter& jitter, CounterRng& rng);
  void apply(const transform::RandomRotation& rotation, CounterRng& rng);
  void apply(const transform::Grayscale& grayscale, CounterRng& rng);
  void apply(const transform::RandomGrayscale& grayscale, CounterRng& rng);
  void apply(const transform::RandAugment& augment, CounterRng& rng);
  void apply(const transform::TrivialAugmentWide& augment, CounterRng& rng);
  // Those of floats are finish()'s.
  void apply(const transform::ToTensor&, CounterRng&) {}
  void apply(const transform::Normalize&, CounterRng&) {}
  void apply(const transform::RandomErasing&, CounterRng&) {}

  void augment(const Augmentation& augmentation, Interpolation interpolation, const Color& fill);
  /// The rectangle of the image, which may reach outside it.
  void crop(const Rectangle& rectangle, const Surroundings& outside);
  /// The rectangle of the resized image that the transform behind the resize keeps, if it only crops it: only
  /// those pixels are made, each the same as in the whole.
  std::optional<Rectangle> cropBehind(std::size_t position, Size full, const DrawKey& key) const;
  /// Whether a flip behind the present transform mirrors; it is then not applied again.
  bool takeFlipBehind();
  /// Resizes `source` to `full` and keeps the rectangle `window` of the result.
  void resizeInto(ImageRegion source, Size full, const Rectangle& window);

  Size currentSize() const noexcept { return current_.full; }
  ImageView currentImage() const noexcept;
  /// The present image where it may be changed: a copy while it is the decoder's.
  Pixels ownPixels();
  /// Memory for a new image, which becomes the present one; the last one stays readable until the next call.
  /// Once no transform changes the size any more, that is the batch's own memory if it is free.
  Pixels newPixels(Size size);
  /// Moves the finished image to the batch, as bytes or as floats.
  void finish(void* target) const;
  void eraseRandomly(float* planes) const;

  const Pipeline& pipeline_;
  std::ptrdiff_t last_sizing_;  ///< position of the last transform that may change the size
  BilinearResizer resizer_;
  std::array<Image, 2> scratch_;

  // The image under way.
  DrawKey key_;
  std::size_t position_ = 0;
  std::optional<std::size_t> flip_taken_;  ///< position of a flip that the resize before it has done
  ImageRegion current_;
  std::uint8_t* own_pixels_ = nullptr;    ///< `current_` once it is ours; null while it is the decoder's
  std::uint8_t* batch_pixels_ = nullptr;  ///< null when the batch holds floats
  double resize_seconds_ = 0;
};

}  // namespace torchwing
