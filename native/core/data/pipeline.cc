#include "core/data/pipeline.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

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

double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void mirror(std::uint8_t* pixels, Size size) {
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* left = pixels + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 3;
    std::uint8_t* right = left + static_cast<std::size_t>(size.width - 1) * 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

/// Copies the rectangle of `source` into `target`, rows without gaps; what lies outside the image becomes
/// black.
void copyPadded(const ImageView& source, const Rectangle& rectangle, std::uint8_t* target) {
  const std::size_t stride = static_cast<std::size_t>(rectangle.width) * 3;
  const int first = std::max(0, -rectangle.left);
  const int last = std::min(rectangle.width, source.width - rectangle.left);
  for (int y = 0; y < rectangle.height; ++y) {
    std::uint8_t* row = target + stride * static_cast<std::size_t>(y);
    const int source_y = rectangle.top + y;
    std::memset(row, 0, stride);
    if (source_y < 0 || source_y >= source.height || first >= last) continue;
    std::memcpy(row + static_cast<std::size_t>(first) * 3,
                source.row(source_y) + static_cast<std::size_t>(rectangle.left + first) * 3,
                static_cast<std::size_t>(last - first) * 3);
  }
}

}  // namespace

Pipeline::Pipeline(const std::vector<Spec>& transforms) {
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

TransformCosts PipelineRunner::run(const ImageView& image, std::uint64_t seed, std::int64_t epoch,
                                   std::int64_t index, void* target) {
  TransformCosts costs;
  const auto& transforms = pipeline_.pixel_transforms_;
  ImageView current = image;
  std::uint8_t* bytes = nullptr;  // where `current` is, once it is ours to change
  const bool to_float = pipeline_.form_ == BatchForm::kFloat32;

  // The last transform that makes new pixels writes straight into the batch.
  const auto makesPixels = [](const Spec& spec) {
    return !std::holds_alternative<RandomHorizontalFlip>(spec);
  };
  const auto last_maker = static_cast<std::size_t>(
      std::distance(std::find_if(transforms.rbegin(), transforms.rend(), makesPixels), transforms.rend()) -
      1);
  std::size_t scratch = 0;
  const auto newPixels = [&](std::size_t position, Size size) {
    if (position == last_maker && !to_float) return static_cast<std::uint8_t*>(target);
    Image& buffer = position == last_maker ? pixels_ : scratch_[scratch++ % 2];
    buffer.reset(size.width, size.height);
    return buffer.data();
  };
  const auto became = [&](std::uint8_t* pixels, Size size) {
    bytes = pixels;
    current = {pixels, size.width, size.height, static_cast<std::size_t>(size.width) * 3};
  };
  const auto resizeWindow = [&](std::size_t position, const ImageView& source, Size full,
                                const Rectangle& window) {
    const auto begin = std::chrono::steady_clock::now();
    std::uint8_t* pixels = newPixels(position, {window.width, window.height});
    resizer_.resize(source, full.width, full.height, window.left, window.top, window.width, window.height,
                    pixels, static_cast<std::size_t>(window.width) * 3);
    became(pixels, {window.width, window.height});
    costs.resize += secondsSince(begin);
  };

  for (std::size_t position = 0; position < transforms.size(); ++position) {
    const Spec& spec = transforms[position];
    CounterRng rng(seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(index),
                   kFirstTransform + static_cast<std::uint32_t>(position));
    const Size size{current.width, current.height};
    if (const auto* resize = std::get_if<Resize>(&spec)) {
      const Size full =
          resize->width == 0 ? resizedSize(size, resize->height) : Size{resize->width, resize->height};
      const auto* crop =
          position + 1 < transforms.size() ? std::get_if<CenterCrop>(&transforms[position + 1]) : nullptr;
      if (crop != nullptr && crop->width <= full.width && crop->height <= full.height) {
        ++position;  // only the pixels that the crop keeps are made
        resizeWindow(position, current, full, centerCropRectangle(full, {crop->width, crop->height}));
      } else {
        resizeWindow(position, current, full, {0, 0, full.width, full.height});
      }
    } else if (const auto* crop = std::get_if<CenterCrop>(&spec)) {
      const auto begin = std::chrono::steady_clock::now();
      const Rectangle rectangle = centerCropRectangle(size, {crop->width, crop->height});
      std::uint8_t* pixels = newPixels(position, {crop->width, crop->height});
      copyPadded(current, rectangle, pixels);
      became(pixels, {crop->width, crop->height});
      costs.other += secondsSince(begin);
    } else if (const auto* random = std::get_if<RandomResizedCrop>(&spec)) {
      const Rectangle r = randomResizedCropRectangle(size, random->scale, random->ratio, rng);
      resizeWindow(position, current.crop(r.left, r.top, r.width, r.height), {random->width, random->height},
                   {0, 0, random->width, random->height});
    } else if (const auto* flip = std::get_if<RandomHorizontalFlip>(&spec)) {
      if (rng.uniform() >= static_cast<float>(flip->p)) continue;
      if (bytes == nullptr) {  // the decoder's pixels are not ours to change
        scratch_[scratch % 2].reset(size.width, size.height);
        std::uint8_t* pixels = scratch_[scratch++ % 2].data();
        copyPadded(current, {0, 0, size.width, size.height}, pixels);
        became(pixels, size);
      }
      mirror(bytes, size);
    }
  }

  if (to_float) {
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t plane =
        static_cast<std::size_t>(current.width) * static_cast<std::size_t>(current.height);
    auto* floats = static_cast<float*>(target);
    for (std::size_t i = 0; i < plane; ++i) {
      for (std::size_t channel = 0; channel < 3; ++channel) {
        floats[channel * plane + i] = pipeline_.table_[std::size_t{bytes[i * 3 + channel]} * 3 + channel];
      }
    }
    costs.other += secondsSince(begin);
  }
  return costs;
}

}  // namespace torchwing
