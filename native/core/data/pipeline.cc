#include "core/data/pipeline.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include "core/data/convert_pixels.h"
#include "core/data/counter_rng.h"
#include "core/error.h"

namespace torchwing {
namespace {

using namespace transform;

[[noreturn]] void fail(const std::string& message) {
  throw Error("INVALID_CONFIG", "Invalid transforms: " + message + ".");
}

void requireSide(const char* name, int value) {
  if (value < 1 || value > 65500) {
    fail(std::string(name) + " has size " + std::to_string(value) + ", expected 1 to 65500 pixels");
  }
}

void requireRange(const char* name, const std::array<double, 2>& range) {
  if (!(range[0] > 0 && range[0] <= range[1] && std::isfinite(range[1]))) {
    fail(std::string("randomResizedCrop.") + name + " is [" + std::to_string(range[0]) + ", " +
         std::to_string(range[1]) + "], expected two finite numbers with 0 < first <= second");
  }
}

/// Follows the size of the images through the list; {0, 0} while it depends on the file.
class SizeTracker {
 public:
  void operator()(const Resize& resize) {
    requireSide("resize", resize.height);
    if (resize.width != 0) requireSide("resize", resize.width);
    size = {resize.width, resize.width == 0 ? 0 : resize.height};
  }
  void operator()(const CenterCrop& crop) {
    requireSide("centerCrop", crop.width);
    requireSide("centerCrop", crop.height);
    size = {crop.width, crop.height};
  }
  void operator()(const RandomResizedCrop& crop) {
    requireSide("randomResizedCrop", crop.width);
    requireSide("randomResizedCrop", crop.height);
    requireRange("scale", crop.scale);
    requireRange("ratio", crop.ratio);
    size = {crop.width, crop.height};
  }
  void operator()(const RandomHorizontalFlip& flip) {
    if (!(flip.p >= 0 && flip.p <= 1)) {
      fail("randomHorizontalFlip.p is " + std::to_string(flip.p) + ", expected a number from 0 to 1");
    }
  }
  void operator()(const ToTensor&) {}
  void operator()(const Normalize& normalize) {
    for (const float std : normalize.std) {
      if (!(std != 0 && std::isfinite(std))) fail("normalize.std holds 0 or a non-finite number");
    }
  }
  Size size;
};

bool isPixelTransform(const Spec& spec) {
  return !std::holds_alternative<ToTensor>(spec) && !std::holds_alternative<Normalize>(spec);
}

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

void mirror(std::uint8_t* pixels, Size size) {
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* left = pixels + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 3;
    std::uint8_t* right = left + static_cast<std::size_t>(size.width - 1) * 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

/// Copies the rectangle of the image of which `source` is a part into `target`, rows without gaps; what lies
/// outside the image becomes black.
void copyPadded(const ImageRegion& source, const Rectangle& rectangle, std::uint8_t* target) {
  const std::size_t stride = static_cast<std::size_t>(rectangle.width) * 3;
  const Rectangle inside = intersection(rectangle, {0, 0, source.full.width, source.full.height});
  std::memset(target, 0, stride * static_cast<std::size_t>(rectangle.height));
  if (inside.width == 0) return;
  const ImageView pixels = source.crop(inside);
  target += stride * static_cast<std::size_t>(inside.top - rectangle.top);
  target += static_cast<std::size_t>(inside.left - rectangle.left) * 3;
  for (int y = 0; y < inside.height; ++y, target += stride) {
    std::memcpy(target, pixels.row(y), static_cast<std::size_t>(inside.width) * 3);
  }
}

CounterRng generatorOf(const DrawKey& key, std::size_t position) {
  return {key.seed, static_cast<std::uint32_t>(key.epoch), static_cast<std::uint32_t>(key.index),
          kFirstTransform + static_cast<std::uint32_t>(position)};
}

bool flips(const RandomHorizontalFlip& flip, CounterRng& rng) {
  return rng.uniform() < static_cast<float>(flip.p);
}

Size resizedBy(const Resize& resize, Size image) {
  return resize.width == 0 ? resizedSize(image, resize.height) : Size{resize.width, resize.height};
}

}  // namespace

Pipeline::Pipeline(const std::vector<Spec>& transforms, ResizeArithmetic resize) : resize_(resize) {
  SizeTracker tracker;
  std::size_t position = 0;
  for (; position < transforms.size() && isPixelTransform(transforms[position]); ++position) {
    std::visit(tracker, transforms[position]);
    pixel_transforms_.push_back(transforms[position]);
  }
  if (position == transforms.size() || !std::holds_alternative<ToTensor>(transforms[position])) {
    fail("toTensor is missing, expected it behind the pixel transforms");
  }
  if (tracker.size.width == 0) {
    fail(
        "images would have different sizes, expected resize([height, width]), centerCrop or "
        "randomResizedCrop");
  }
  output_size_ = tracker.size;
  for (int value = 0; value < 256; ++value) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      table_[static_cast<std::size_t>(value) * 3 + channel] = static_cast<float>(value) / 255.0F;
    }
  }
  const std::size_t normalizes = transforms.size() - position - 1;
  for (++position; position < transforms.size(); ++position) {
    const auto* normalize = std::get_if<Normalize>(&transforms[position]);
    if (normalize == nullptr) fail("only normalize may follow toTensor");
    tracker(*normalize);
    for (std::size_t i = 0; i < table_.size(); ++i) {
      table_[i] = (table_[i] - normalize->mean[i % 3]) / normalize->std[i % 3];
    }
  }
  form_ = normalizes == 1 ? BatchForm::kUint8 : BatchForm::kFloat32;
}

std::size_t Pipeline::imageBytes() const noexcept {
  const std::size_t values =
      static_cast<std::size_t>(output_size_.width) * static_cast<std::size_t>(output_size_.height) * 3;
  return form_ == BatchForm::kUint8 ? values : values * sizeof(float);
}

PipelineRunner::PipelineRunner(const Pipeline& pipeline) : pipeline_(pipeline), resizer_(pipeline.resize_) {
  const auto& transforms = pipeline.pixel_transforms_;
  const auto makes_pixels = [](const Spec& spec) {
    return !std::holds_alternative<RandomHorizontalFlip>(spec);
  };
  last_maker_ =
      std::distance(std::find_if(transforms.rbegin(), transforms.rend(), makes_pixels), transforms.rend()) -
      1;
}

Rectangle PipelineRunner::sourceRectangle(Size image, const DrawKey& key) const {
  const Rectangle whole{0, 0, image.width, image.height};
  if (pipeline_.pixel_transforms_.empty()) return whole;
  const Spec& first = pipeline_.pixel_transforms_.front();
  if (const auto* crop = std::get_if<RandomResizedCrop>(&first)) {
    CounterRng rng = generatorOf(key, 0);
    return randomResizedCropRectangle(image, crop->scale, crop->ratio, rng);
  }
  if (const auto* crop = std::get_if<CenterCrop>(&first)) {
    return intersection(centerCropRectangle(image, {crop->width, crop->height}), whole);
  }
  if (const auto* resize = std::get_if<Resize>(&first)) {
    const Size full = resizedBy(*resize, image);
    if (const auto window = cropBehind(0, full))
      return BilinearResizer::sourceRectangle(image, full, *window);
  }
  return whole;
}

int PipelineRunner::shrinkFactor(Size image, const DrawKey& key) const {
  if (pipeline_.pixel_transforms_.empty()) return 1;
  const Spec& first = pipeline_.pixel_transforms_.front();
  Size from = image, to = image;
  if (const auto* crop = std::get_if<RandomResizedCrop>(&first)) {
    const Rectangle rectangle = sourceRectangle(image, key);
    from = {rectangle.width, rectangle.height};
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
  const bool to_float = pipeline_.form_ == BatchForm::kFloat32;
  current_ = image;
  key_ = key;
  flip_taken_.reset();
  own_pixels_ = nullptr;
  batch_pixels_ = to_float ? nullptr : static_cast<std::uint8_t*>(target);
  scratch_used_ = 0;
  costs_ = {};
  for (position_ = 0; position_ < pipeline_.pixel_transforms_.size(); ++position_) {
    CounterRng rng = generatorOf(key, position_);
    std::visit([&](const auto& transform) { apply(transform, rng); }, pipeline_.pixel_transforms_[position_]);
  }
  if (to_float) {
    const Stopwatch watch(costs_.other);
    convertToFloat(static_cast<float*>(target));
  }
  return costs_;
}

std::optional<Rectangle> PipelineRunner::cropBehind(std::size_t position, Size full) const {
  const auto& transforms = pipeline_.pixel_transforms_;
  if (position + 1 >= transforms.size()) return std::nullopt;
  const auto* crop = std::get_if<CenterCrop>(&transforms[position + 1]);
  if (crop == nullptr || crop->width > full.width || crop->height > full.height) return std::nullopt;
  return centerCropRectangle(full, {crop->width, crop->height});
}

void PipelineRunner::apply(const Resize& resize, CounterRng&) {
  const Size full = resizedBy(resize, currentSize());
  const auto window = cropBehind(position_, full);
  if (window) ++position_;
  resizeInto(current_, full, window.value_or(Rectangle{0, 0, full.width, full.height}));
}

void PipelineRunner::apply(const CenterCrop& crop, CounterRng&) {
  const Stopwatch watch(costs_.other);
  const Size size{crop.width, crop.height};
  const ImageRegion source = current_;
  const Rectangle rectangle = centerCropRectangle(currentSize(), size);
  std::uint8_t* pixels = newPixels(size);
  copyPadded(source, rectangle, pixels);
  setCurrent(pixels, size);
}

void PipelineRunner::apply(const RandomResizedCrop& crop, CounterRng& rng) {
  const Rectangle r = randomResizedCropRectangle(currentSize(), crop.scale, crop.ratio, rng);
  const Size size{crop.width, crop.height};
  resizeInto(ImageRegion::whole(current_.crop(r)), size, {0, 0, size.width, size.height});
}

void PipelineRunner::apply(const RandomHorizontalFlip& flip, CounterRng& rng) {
  if (flip_taken_ == position_ || !flips(flip, rng)) return;
  const Stopwatch watch(costs_.other);
  const Size size = currentSize();
  if (own_pixels_ == nullptr) {
    std::uint8_t* pixels = newPixels(size);
    copyPadded(current_, {0, 0, size.width, size.height}, pixels);
    setCurrent(pixels, size);
  }
  mirror(own_pixels_, size);
}

bool PipelineRunner::takeFlipBehind() {
  const auto& transforms = pipeline_.pixel_transforms_;
  const std::size_t behind = position_ + 1;
  const auto* flip =
      behind < transforms.size() ? std::get_if<RandomHorizontalFlip>(&transforms[behind]) : nullptr;
  if (flip == nullptr) return false;
  CounterRng rng = generatorOf(key_, behind);
  flip_taken_ = behind;
  return flips(*flip, rng);
}

void PipelineRunner::resizeInto(const ImageRegion& source, Size full, const Rectangle& window) {
  const bool mirrored = takeFlipBehind();
  const Stopwatch watch(costs_.resize);
  const Size size{window.width, window.height};
  std::uint8_t* pixels = newPixels(size);
  resizer_.resize(source, full, window, mirrored, pixels);
  setCurrent(pixels, size);
}

std::uint8_t* PipelineRunner::newPixels(Size size) {
  // A resize and its crop count as one, so the position may already be that of the crop.
  const bool last = static_cast<std::ptrdiff_t>(position_) == last_maker_;
  if (last && batch_pixels_ != nullptr) return batch_pixels_;
  Image& image = last ? last_pixels_ : scratch_[scratch_used_++ % 2];
  image.reset(size.width, size.height);
  return image.data();
}

void PipelineRunner::setCurrent(std::uint8_t* pixels, Size size) {
  own_pixels_ = pixels;
  current_ = ImageRegion::whole({pixels, size.width, size.height, static_cast<std::size_t>(size.width) * 3});
}

void PipelineRunner::convertToFloat(float* target) const {
  const std::size_t plane =
      static_cast<std::size_t>(current_.full.width) * static_cast<std::size_t>(current_.full.height);
  convertPixels(own_pixels_, plane, pipeline_.table_, target);
}

}  // namespace torchwing
