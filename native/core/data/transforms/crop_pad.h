#pragma once

#include <array>

#include "core/data/counter_rng.h"
#include "core/data/image_region.h"
#include "core/data/transforms/pixels.h"

/// Cutting out, and going on beyond the image's borders.
namespace torchwing {

/// What lies outside an image: one colour; its outermost pixels; its mirror image without or with these,
/// repeated.
enum class PaddingMode { kConstant, kEdge, kReflect, kSymmetric };

/// Pixels to the left, above, to the right and below.
using Padding = std::array<int, 4>;

/// How an image goes on outside its borders.
struct Surroundings {
  PaddingMode mode = PaddingMode::kConstant;
  Color fill{};
  /// The image with this much around it is what goes on. A mirror image of a mirror image is not what one
  /// wider mirror image would be.
  Padding inner{};
};

Size paddedSize(Size image, const Padding& padding);

/// A crop without padding cannot be cut out of an image.
struct ImageTooSmall {
  Size image;  ///< with the padding that it gets in any case
  Size crop;
};

/// RandomCrop's pad_if_needed: an axis that is shorter than the crop gets what it lacks on both sides.
Padding neededPadding(Size image, Size crop);
/// Where RandomCrop.get_params cuts an image that is no smaller than `crop`: a draw for the row, one for the
/// column, none at all when there is no choice.
Rectangle randomCropRectangle(Size image, Size crop, CounterRng& rng);

/// The pixels of an image of size `image` that those in `rectangle` come from; never empty.
Rectangle paddedSource(const Rectangle& rectangle, Size image, PaddingMode mode);

/// Writes the rectangle, which may reach outside the image, to `target`, which has its size. `source` holds
/// at least paddedSource().
void cropPadded(const ImageRegion& source, const Rectangle& rectangle, const Surroundings& outside,
                const Pixels& target);

}  // namespace torchwing
