#include "core/data/size_tracker.h"

#include <cmath>
#include <limits>
#include <string>

#include "core/error.h"

namespace torchwing {

void failTransforms(const std::string& message) {
  throw Error("INVALID_CONFIG", "Invalid transforms: " + message + ".");
}

namespace {

using namespace transform;

/// The longest side that a JPEG file can have.
constexpr int kLongestSide = 65500;
/// Keeps a padded image of 100 megapixels within 1 GB.
constexpr int kWidestPadding = 4096;
/// Leaves positions of pixels their fraction bits.
constexpr double kFarthestCenter = 1e6;

void require(bool fits, const std::string& name, double value, const std::string& expected) {
  if (!fits) failTransforms(name + " is " + std::to_string(value) + ", expected " + expected);
}

void requireInteger(const std::string& name, int value, int smallest, int largest) {
  if (value < smallest || value > largest) {
    failTransforms(name + " is " + std::to_string(value) + ", expected " + std::to_string(smallest) + " to " +
                   std::to_string(largest));
  }
}

void requireRange(const std::string& name, const Range& range, double smallest, double largest,
                  const std::string& expected) {
  if (range[0] >= smallest && range[0] <= range[1] && range[1] <= largest) return;
  failTransforms(name + " is [" + std::to_string(range[0]) + ", " + std::to_string(range[1]) +
                 "], expected " + expected);
}

void requireProbability(const std::string& name, double p) {
  require(p >= 0 && p <= 1, name + ".p", p, "a number from 0 to 1");
}

void requireSize(const std::string& name, Size size) {
  requireInteger(name + " size", size.height, 1, kLongestSide);
  requireInteger(name + " size", size.width, 1, kLongestSide);
}

constexpr double kFinite = std::numeric_limits<float>::max();

void requirePositive(const std::string& name, const Range& range) {
  requireRange(name, range, std::numeric_limits<float>::min(), kFinite,
               "two finite numbers with 0 < first <= second");
}

void requirePadding(const std::string& name, const Padding& padding) {
  for (const int width : padding) requireInteger(name + ".padding", width, 0, kWidestPadding);
}

/// The size behind a transform of images of size `size`, {0, 0} being unknown.
struct SizeBehind {
  Size operator()(const Resize& resize) const {
    requireInteger("resize size", resize.height, 1, kLongestSide);
    if (resize.width != 0) requireInteger("resize size", resize.width, 1, kLongestSide);
    if (resize.max_size != 0) {
      requireInteger("resize.maxSize", resize.max_size, resize.height + 1, kLongestSide);
    }
    return resize.width == 0 && size.width == 0 ? Size{} : resizedBy(resize, size);
  }
  Size operator()(const CenterCrop& crop) const {
    requireSize("centerCrop", {crop.width, crop.height});
    return {crop.width, crop.height};
  }
  Size operator()(const RandomResizedCrop& crop) const {
    requireSize("randomResizedCrop", {crop.width, crop.height});
    requirePositive("randomResizedCrop.scale", crop.scale);
    requirePositive("randomResizedCrop.ratio", crop.ratio);
    return {crop.width, crop.height};
  }
  Size operator()(const Pad& pad) const {
    requirePadding("pad", pad.padding);
    return size.width == 0 ? Size{} : paddedSize(size, pad.padding);
  }
  Size operator()(const RandomCrop& crop) const {
    requireSize("randomCrop", {crop.width, crop.height});
    requirePadding("randomCrop", crop.padding);
    return {crop.width, crop.height};
  }
  Size operator()(const RandomHorizontalFlip& flip) const {
    requireProbability("randomHorizontalFlip", flip.p);
    return size;
  }
  Size operator()(const RandomVerticalFlip& flip) const {
    requireProbability("randomVerticalFlip", flip.p);
    return size;
  }
  Size operator()(const ColorJitter& jitter) const {
    static constexpr const char* kNames[] = {"brightness", "contrast", "saturation", "hue"};
    for (std::size_t i = 0; i < jitter.ranges.size(); ++i) {
      if (!jitter.ranges[i]) continue;
      const bool hue = static_cast<ColorChange>(i) == ColorChange::kHue;
      requireRange(std::string("colorJitter.") + kNames[i], *jitter.ranges[i], hue ? -0.5 : 0,
                   hue ? 0.5 : kFinite,
                   hue ? "two numbers with -0.5 <= first <= second <= 0.5"
                       : "two finite numbers with 0 <= first <= second");
    }
    return size;
  }
  Size operator()(const RandomRotation& rotation) const {
    requireRange("randomRotation.degrees", rotation.degrees, -kFinite, kFinite,
                 "two finite numbers with first <= second");
    for (const double value : rotation.center.value_or(std::array<double, 2>{})) {
      require(std::abs(value) <= kFarthestCenter, "randomRotation.center", value, "-1000000 to 1000000");
    }
    return rotation.expand ? Size{} : size;
  }
  Size operator()(const Grayscale&) const { return size; }
  Size operator()(const RandomGrayscale& grayscale) const {
    requireProbability("randomGrayscale", grayscale.p);
    return size;
  }
  Size operator()(const RandAugment& augment) const {
    requireInteger("randAugment.numOps", augment.num_ops, 1, 1000);
    requireInteger("randAugment.numMagnitudeBins", augment.num_magnitude_bins, 2, 1'000'000);
    requireInteger("randAugment.magnitude", augment.magnitude, 0, augment.num_magnitude_bins - 1);
    return size;
  }
  Size operator()(const TrivialAugmentWide& augment) const {
    requireInteger("trivialAugmentWide.numMagnitudeBins", augment.num_magnitude_bins, 2, 1'000'000);
    return size;
  }
  Size operator()(const ToTensor&) const { return size; }
  Size operator()(const Normalize& normalize) const {
    for (const float std : normalize.std) {
      if (!(std != 0 && std::isfinite(std))) failTransforms("normalize.std holds 0 or a non-finite number");
    }
    return size;
  }
  Size operator()(const RandomErasing& erasing) const {
    requireProbability("randomErasing", erasing.p);
    requireRange("randomErasing.scale", erasing.scale, 0, 1, "two numbers with 0 <= first <= second <= 1");
    requirePositive("randomErasing.ratio", erasing.ratio);
    return size;
  }

  Size size;
};

}  // namespace

void SizeTracker::follow(const Spec& spec) {
  size_ = std::visit(SizeBehind{size_}, spec);
}

bool SizeTracker::sets(const Spec& spec) {
  if (const auto* rotation = std::get_if<RandomRotation>(&spec)) return rotation->expand;
  return std::holds_alternative<Resize>(spec) || std::holds_alternative<CenterCrop>(spec) ||
         std::holds_alternative<RandomResizedCrop>(spec) || std::holds_alternative<Pad>(spec) ||
         std::holds_alternative<RandomCrop>(spec);
}

}  // namespace torchwing
