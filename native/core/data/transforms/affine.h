#pragma once

#include <array>
#include <optional>

#include "core/data/image.h"
#include "core/data/transforms/pixels.h"

/// Affine maps of pixels, with the bytes of Pillow's Image.transform(AFFINE) and Image.rotate.
namespace torchwing {

enum class Interpolation { kNearest, kBilinear };

/// From a point (x, y) of the result to one of the source: (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]),
/// both in pixels, with pixel centres at halves.
using AffineMatrix = std::array<double, 6>;

/// Writes the image of `target.size` whose points come from where `matrix` sends them; those from outside the
/// source are `fill`. Nearest: 16.16 fixed-point steps along rows and columns, as long as the source's
/// coordinates fit; without rotation or shear, steps in double. Bilinear: in double, cut to bytes.
void transformAffine(const ImageView& source, const AffineMatrix& matrix, Interpolation interpolation,
                     const Color& fill, const Pixels& target);

/// What torchvision's rotate does with a PIL image.
struct Rotation {
  double degrees = 0;  ///< counter-clockwise
  Interpolation interpolation = Interpolation::kNearest;
  /// Whether the result is as large as the rotated image needs; otherwise it keeps the image's size.
  bool expand = false;
  std::optional<std::array<double, 2>> center;  ///< x and y in pixels; by default the image's
  Color fill{};
};

Size rotatedSize(Size image, const Rotation& rotation);
/// `target` has the size rotatedSize(). Quarter turns about the image's own centre move whole pixels.
void rotate(const ImageView& source, const Rotation& rotation, const Pixels& target);

/// The matrix of torchvision's affine() without rotation and scaling: a shift by whole pixels to the right
/// and down, and a shear along x and along y by angles in degrees, about `center`.
AffineMatrix shearAndShift(const std::array<double, 2>& center, const std::array<double, 2>& shear_degrees,
                           const std::array<int, 2>& shift);

}  // namespace torchwing
