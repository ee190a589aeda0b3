#include "core/data/pipeline_runner.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "core/data/convert_pixels.h"
#include "core/data/size_tracker.h"
#include "core/data/transforms/color.h"
#include "core/data/transforms/flip.h"
#include "core/data/transforms/random_erasing.h"

namespace torchwing {
namespace {

using namespace transform;

/// Adds the time until it goes out of scope to a sum of seconds.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// torch.rand(1) < p.
bool happens(double p, CounterRng& rng) {
  return rng.uniform() < static_cast<float>(p);
}

Size sizeOf(const Rectangle& rectangle) {
  return {rectangle.width, rectangle.height};
}

Rectangle wholeOf(Size size) {
  return {0, 0, size.width, size.height};
}

/// Where a RandomCrop cuts, counted from the image's own corner, and what is around the image there.
struct RandomWindow {
  Rectangle rectangle;
  Surroundings outside;
};

/// Nothing when the crop is larger than the padded image.
std::optional<RandomWindow> randomWindow(const RandomCrop& crop, Size image, CounterRng& rng) {
  const Size size{crop.width, crop.height};
  const Size padded = paddedSize(image, crop.padding);
  const Padding needed = crop.pad_if_needed ? neededPadding(padded, size) : Padding{};
  const Size cut = paddedSize(padded, needed);
  if (cut.width < size.width || cut.height < size.height) return std::nullopt;
  RandomWindow window{randomCropRectangle(cut, size, rng), {crop.mode, crop.fill, crop.padding}};
  window.rectangle.left -= crop.padding[0] + needed[0];
  window.rectangle.top -= crop.padding[1] + needed[1];
  return window;
}

}  // namespace

PipelineRunner::PipelineRunner(const Pipeline& pipeline)
    : pipeline_(pipeline), resizer_(pipeline.resizeArithmetic()) {
  const auto& transforms = pipeline.transforms();
  last_sizing_ = std::distance(std::find_if(transforms.rbegin(), transforms.rend(), SizeTracker::sets),
                               transforms.rend()) -
                 1;
}

Rectangle PipelineRunner::sourceRectangle(Size image, const DrawKey& key) const {
  const Rectangle whole = wholeOf(image);
  const Spec& first = pipeline_.transforms().front();
  CounterRng rng = key.generator(0);
  if (const auto* crop = std::get_if<RandomResizedCrop>(&first)) {
    return randomResizedCropRectangle(image, crop->scale, crop->ratio, rng);
  }
  if (const auto* crop = std::get_if<CenterCrop>(&first)) {
    return paddedSource(centerCropRectangle(image, {crop->width, crop->height}), image,
                        PaddingMode::kConstant);
  }
  if (const auto* crop = std::get_if<RandomCrop>(&first)) {
    const auto window = randomWindow(*crop, image, rng);
    return window ? paddedSource(window->rectangle, image, crop->mode) : whole;
  }
  if (const auto* resize = std::get_if<Resize>(&first)) {
    const Size full = resizedBy(*resize, image);
    if (const auto window = cropBehind(0, full, key))
      return BilinearResizer::sourceRectangle(image, full, *window);
  }
  return whole;
}

int PipelineRunner::shrinkFactor(Size image, const DrawKey& key) const {
  const Spec& first = pipeline_.transforms().front();
  Size from = image, to = image;
  if (const auto* crop = std::get_if<RandomResizedCrop>(&first)) {
    from = sizeOf(sourceRectangle(image, key));
    to = {crop->width, crop->height};
  } else if (const auto* resize = std::get_if<Resize>(&first)) {
    to = resizedBy(*resize, image);
  }
  for (const int factor : {8, 4, 2}) {
    if (from.width / factor >= to.width && from.height / factor >= to.height) return factor;
  }
  return 1;
}

TransformCosts PipelineRunner::run(const ImageRegion& image, const DrawKey& key, void* target) {
  current_ = image;
  key_ = key;
  flip_taken_.reset();
  own_pixels_ = nullptr;
  batch_pixels_ = pipeline_.form() == BatchForm::kUint8 ? static_cast<std::uint8_t*>(target) : nullptr;
  resize_seconds_ = 0;
  double seconds = 0;
  {
    const Stopwatch watch(seconds);
    for (position_ = 0; position_ < pipeline_.pixelTransforms(); ++position_) {
      CounterRng rng = key.generator(position_);
      std::visit([&](const auto& transform) { apply(transform, rng); }, pipeline_.transforms()[position_]);
    }
    finish(target);
  }
  return {resize_seconds_, seconds - resize_seconds_};
}

void PipelineRunner::apply(const Resize& resize, CounterRng&) {
  const Size full = resizedBy(resize, currentSize());
  const auto window = cropBehind(position_, full, key_);
  const Rectangle result = window.value_or(wholeOf(full));
  if (std::max(full.width, full.height) >= kLongestSide ||
      std::int64_t{result.width} * result.height > kLargestResult)
    throw ResizedTooLarge(currentSize(), full);
  if (window) ++position_;
  resizeInto(current_, full, result);
}

void PipelineRunner::apply(const CenterCrop& wanted, CounterRng&) {
  crop(centerCropRectangle(currentSize(), {wanted.width, wanted.height}), {});
}

void PipelineRunner::apply(const RandomResizedCrop& crop, CounterRng& rng) {
  const Rectangle r = randomResizedCropRectangle(currentSize(), crop.scale, crop.ratio, rng);
  const Size size{crop.width, crop.height};
  resizeInto(ImageRegion::whole(current_.crop(r)), size, wholeOf(size));
}

void PipelineRunner::apply(const Pad& pad, CounterRng&) {
  const Size size = paddedSize(currentSize(), pad.padding);
  crop({-pad.padding[0], -pad.padding[1], size.width, size.height}, {pad.mode, pad.fill, {}});
}

void PipelineRunner::apply(const RandomCrop& wanted, CounterRng& rng) {
  const auto window = randomWindow(wanted, currentSize(), rng);
  if (!window) {
    throw ImageTooSmall(paddedSize(currentSize(), wanted.padding), {wanted.width, wanted.height});
  }
  crop(window->rectangle, window->outside);
}

void PipelineRunner::apply(const RandomHorizontalFlip& flip, CounterRng& rng) {
  if (flip_taken_ != position_ && happens(flip.p, rng)) flipHorizontally(ownPixels());
}

void PipelineRunner::apply(const RandomVerticalFlip& flip, CounterRng& rng) {
  if (happens(flip.p, rng)) flipVertically(ownPixels());
}

void PipelineRunner::apply(const ColorJitter& jitter, CounterRng& rng) {
  jitterColor(ownPixels(), drawColorJitter(jitter.ranges, rng));
}

void PipelineRunner::apply(const RandomRotation& random, CounterRng& rng) {
  const float degrees =
      rng.uniform(static_cast<float>(random.degrees[0]), static_cast<float>(random.degrees[1]));
  const Rotation rotation{degrees, random.interpolation, random.expand, random.center, random.fill};
  const ImageView source = currentImage();
  rotate(source, rotation, newPixels(rotatedSize({source.width, source.height}, rotation)));
}

void PipelineRunner::apply(const Grayscale&, CounterRng&) {
  grayscale(ownPixels());
}

void PipelineRunner::apply(const RandomGrayscale& random, CounterRng& rng) {
  if (happens(random.p, rng)) grayscale(ownPixels());
}

void PipelineRunner::apply(const RandAugment& random, CounterRng& rng) {
  for (int i = 0; i < random.num_ops; ++i) {
    augment(drawRandAugment(random.magnitude, random.num_magnitude_bins, currentSize(), rng),
            random.interpolation, random.fill);
  }
}

void PipelineRunner::apply(const TrivialAugmentWide& random, CounterRng& rng) {
  augment(drawTrivialAugment(random.num_magnitude_bins, currentSize(), rng), random.interpolation,
          random.fill);
}

void PipelineRunner::augment(const Augmentation& augmentation, Interpolation interpolation,
                             const Color& fill) {
  if (augmentation.operation == AugmentOperation::kIdentity) return;
  if (!needsNewPixels(augmentation.operation)) return augmentInPlace(ownPixels(), augmentation);
  const ImageView source = currentImage();
  augmentInto(source, augmentation, interpolation, fill, newPixels(currentSize()));
}

void PipelineRunner::crop(const Rectangle& rectangle, const Surroundings& outside) {
  const ImageRegion source = current_;
  cropPadded(source, rectangle, outside, newPixels(sizeOf(rectangle)));
}

std::optional<Rectangle> PipelineRunner::cropBehind(std::size_t position, Size full,
                                                    const DrawKey& key) const {
  const Spec& behind = pipeline_.transforms()[position + 1];
  std::optional<Rectangle> rectangle;
  if (const auto* center = std::get_if<CenterCrop>(&behind)) {
    rectangle = centerCropRectangle(full, {center->width, center->height});
  } else if (const auto* random = std::get_if<RandomCrop>(&behind)) {
    CounterRng rng = key.generator(position + 1);
    if (const auto window = randomWindow(*random, full, rng)) rectangle = window->rectangle;
  }
  const bool inside = rectangle && intersection(*rectangle, wholeOf(full)) == *rectangle;
  return inside ? rectangle : std::nullopt;
}

bool PipelineRunner::takeFlipBehind() {
  const std::size_t behind = position_ + 1;
  const auto* flip = std::get_if<RandomHorizontalFlip>(&pipeline_.transforms()[behind]);
  if (flip == nullptr) return false;
  CounterRng rng = key_.generator(behind);
  flip_taken_ = behind;
  return happens(flip->p, rng);
}

void PipelineRunner::resizeInto(ImageRegion source, Size full, const Rectangle& window) {
  const bool mirrored = takeFlipBehind();
  const Stopwatch watch(resize_seconds_);
  resizer_.resize(source, full, window, mirrored, newPixels(sizeOf(window)).data);
}

ImageView PipelineRunner::currentImage() const noexcept {
  return current_.crop(wholeOf(current_.full));
}

Pixels PipelineRunner::ownPixels() {
  if (own_pixels_ == nullptr) crop(wholeOf(currentSize()), {});
  return {own_pixels_, currentSize()};
}

Pixels PipelineRunner::newPixels(Size size) {
  // A resize and its crop count as one, so the position may already be that of the crop.
  const bool final_size = static_cast<std::ptrdiff_t>(position_) >= last_sizing_;
  if (final_size && batch_pixels_ != nullptr && own_pixels_ != batch_pixels_) {
    own_pixels_ = batch_pixels_;
  } else {
    Image& image = scratch_[0].data() == own_pixels_ ? scratch_[1] : scratch_[0];
    image.reset(size.width, size.height);
    own_pixels_ = image.data();
  }
  current_ =
      ImageRegion::whole({own_pixels_, size.width, size.height, static_cast<std::size_t>(size.width) * 3});
  return {own_pixels_, size};
}

void PipelineRunner::finish(void* target) const {
  if (batch_pixels_ != nullptr) {
    if (own_pixels_ != batch_pixels_) std::memcpy(target, own_pixels_, pipeline_.imageBytes());
    return;
  }
  auto* planes = static_cast<float*>(target);
  convertPixels(own_pixels_, Pixels{own_pixels_, currentSize()}.count(), pipeline_.table(), planes);
  eraseRandomly(planes);
}

void PipelineRunner::eraseRandomly(float* planes) const {
  const auto& transforms = pipeline_.transforms();
  const Size size = pipeline_.outputSize();
  for (std::size_t position = pipeline_.pixelTransforms() + 1; position < transforms.size(); ++position) {
    const auto* erasing = std::get_if<RandomErasing>(&transforms[position]);
    if (erasing == nullptr) continue;
    CounterRng rng = key_.generator(position);
    if (!happens(erasing->p, rng)) continue;
    const auto rectangle = erasedRectangle(size, erasing->scale, erasing->ratio, rng);
    if (!rectangle) continue;
    if (erasing->value) {
      erase(planes, size, *rectangle, *erasing->value);
    } else {
      eraseWithNoise(planes, size, *rectangle, rng);
    }
    // The table has normalized what was there before; what was written is still to be.
    for (std::size_t behind = position + 1; behind < transforms.size(); ++behind) {
      if (const auto* step = std::get_if<Normalize>(&transforms[behind])) {
        normalize(planes, size, *rectangle, step->mean, step->std);
      }
    }
  }
}

}  // namespace torchwing
