#include "core/data/transforms/augment.h"

#include <cmath>
#include <numbers>

#include "core/data/transforms/color.h"
#include "core/data/transforms/sharpness.h"
#include "core/data/transforms/tone.h"

namespace torchwing {
namespace {

using enum AugmentOperation;

/// Element `index` of torch.linspace(start, end, count) in float32: each half is counted from its own end.
float linspace(double start, double end, int index, int count) {
  const auto first = static_cast<float>(start), last = static_cast<float>(end);
  const float step = (last - first) / static_cast<float>(count - 1);
  if (index < count / 2) return std::fma(step, static_cast<float>(index), first);
  return std::fma(-step, static_cast<float>(count - 1 - index), last);
}

/// The largest magnitude of the operations that have a range from 0 on.
double largestMagnitude(AugmentSpace space, AugmentOperation operation, Size image) {
  const bool wide = space == AugmentSpace::kTrivialAugmentWide;
  switch (operation) {
    case kShearX:
    case kShearY:
      return wide ? 0.99 : 0.3;
    case kTranslateX:
      return wide ? 32.0 : 150.0 / 331.0 * image.width;
    case kTranslateY:
      return wide ? 32.0 : 150.0 / 331.0 * image.height;
    case kRotate:
      return wide ? 135.0 : 30.0;
    default:
      return wide ? 0.99 : 0.9;
  }
}

bool hasMagnitude(AugmentOperation operation) {
  return operation != kIdentity && operation != kAutoContrast && operation != kEqualize;
}

AugmentOperation drawOperation(CounterRng& rng) {
  return static_cast<AugmentOperation>(rng.below(kAugmentOperations));
}

Augmentation withDrawnSign(Augmentation augmentation, CounterRng& rng) {
  if (isSigned(augmentation.operation) && rng.below(2) == 1) augmentation.magnitude *= -1.0;
  return augmentation;
}

}  // namespace

bool isSigned(AugmentOperation operation) {
  return hasMagnitude(operation) && operation != kPosterize && operation != kSolarize;
}

double magnitudeOf(AugmentSpace space, AugmentOperation operation, int bin, int bins, Size image) {
  if (!hasMagnitude(operation)) return 0;
  if (operation == kSolarize) return linspace(255.0, 0.0, bin, bins);
  if (operation == kPosterize) {
    const double dropped = space == AugmentSpace::kTrivialAugmentWide ? 6.0 : 4.0;
    const auto bins_per_bit = static_cast<float>((bins - 1) / dropped);
    return 8 - std::nearbyint(static_cast<float>(bin) / bins_per_bit);
  }
  return linspace(0.0, largestMagnitude(space, operation, image), bin, bins);
}

Augmentation drawRandAugment(int magnitude, int bins, Size image, CounterRng& rng) {
  const AugmentOperation operation = drawOperation(rng);
  return withDrawnSign(
      {operation, magnitudeOf(AugmentSpace::kRandAugment, operation, magnitude, bins, image)}, rng);
}

Augmentation drawTrivialAugment(int bins, Size image, CounterRng& rng) {
  const AugmentOperation operation = drawOperation(rng);
  const auto bin =
      hasMagnitude(operation) ? static_cast<int>(rng.below(static_cast<std::uint32_t>(bins))) : 0;
  return withDrawnSign(
      {operation, magnitudeOf(AugmentSpace::kTrivialAugmentWide, operation, bin, bins, image)}, rng);
}

bool needsNewPixels(AugmentOperation operation) {
  switch (operation) {
    case kShearX:
    case kShearY:
    case kTranslateX:
    case kTranslateY:
    case kRotate:
    case kSharpness:
      return true;
    default:
      return false;
  }
}

void augmentInPlace(const Pixels& pixels, const Augmentation& augmentation) {
  const double magnitude = augmentation.magnitude;
  switch (augmentation.operation) {
    case kBrightness:
      return adjustBrightness(pixels, 1.0 + magnitude);
    case kColor:
      return adjustSaturation(pixels, 1.0 + magnitude);
    case kContrast:
      return adjustContrast(pixels, 1.0 + magnitude);
    case kPosterize:
      return posterize(pixels, static_cast<int>(magnitude));
    case kSolarize:
      return solarize(pixels, magnitude);
    case kAutoContrast:
      return autocontrast(pixels);
    case kEqualize:
      return equalize(pixels);
    default:
      return;
  }
}

void augmentInto(const ImageView& source, const Augmentation& augmentation, Interpolation interpolation,
                 const Color& fill, const Pixels& target) {
  const double magnitude = augmentation.magnitude;
  const std::array<double, 2> centre{source.width * 0.5, source.height * 0.5};
  const auto transform = [&](const AffineMatrix& matrix) {
    transformAffine(source, matrix, interpolation, fill, target);
  };
  // A magnitude is the tangent of the angle that torchvision's affine() wants.
  const double degrees = std::atan(magnitude) * (180.0 / std::numbers::pi);
  switch (augmentation.operation) {
    case kShearX:
      return transform(shearAndShift({0, 0}, {degrees, 0}, {0, 0}));
    case kShearY:
      return transform(shearAndShift({0, 0}, {0, degrees}, {0, 0}));
    case kTranslateX:
      return transform(shearAndShift(centre, {0, 0}, {static_cast<int>(magnitude), 0}));
    case kTranslateY:
      return transform(shearAndShift(centre, {0, 0}, {0, static_cast<int>(magnitude)}));
    case kRotate:
      return rotate(source, {magnitude, interpolation, false, std::nullopt, fill}, target);
    case kSharpness:
      return adjustSharpness(source, 1.0 + magnitude, target);
    default:
      return;
  }
}

}  // namespace torchwing
