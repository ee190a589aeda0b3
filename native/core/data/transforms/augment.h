#pragma once

#include "core/data/counter_rng.h"
#include "core/data/transforms/affine.h"
#include "core/data/transforms/pixels.h"

/// The operations that RandAugment and TrivialAugmentWide choose from, and how strongly they apply them
/// (torchvision, transforms/autoaugment.py).
namespace torchwing {

/// In the order of torchvision's augmentation spaces.
enum class AugmentOperation {
  kIdentity,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kColor,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutoContrast,
  kEqualize,
};
inline constexpr std::uint32_t kAugmentOperations = 14;

/// kRandAugment: translations grow with the image. kTrivialAugmentWide: wider ranges, translations in pixels.
enum class AugmentSpace { kRandAugment, kTrivialAugmentWide };

/// One operation with its strength: a shear's tangent, a translation in pixels, degrees counter-clockwise, a
/// factor less 1, bits to keep, a threshold; 0 where there is none.
struct Augmentation {
  AugmentOperation operation = AugmentOperation::kIdentity;
  double magnitude = 0;

  bool operator==(const Augmentation&) const = default;
};

/// Whether the magnitude of an operation may be negated.
bool isSigned(AugmentOperation operation);
/// Magnitude `bin` of `bins` >= 2 before its sign, in float32 as torch.linspace gives it on processors with
/// fused multiply-add.
double magnitudeOf(AugmentSpace space, AugmentOperation operation, int bin, int bins, Size image);

/// One operation of RandAugment: a draw for the operation, one for the sign if it has one.
Augmentation drawRandAugment(int magnitude, int bins, Size image, CounterRng& rng);
/// The operation of TrivialAugmentWide: a draw for the operation, one for its magnitude and one for the sign
/// if it has these.
Augmentation drawTrivialAugment(int bins, Size image, CounterRng& rng);

/// Whether an operation moves pixels or mixes neighbours: augmentInto() then does it, else augmentInPlace().
bool needsNewPixels(AugmentOperation operation);
void augmentInPlace(const Pixels& pixels, const Augmentation& augmentation);
/// `target` has the source's size and is other memory.
void augmentInto(const ImageView& source, const Augmentation& augmentation, Interpolation interpolation,
                 const Color& fill, const Pixels& target);

}  // namespace torchwing
