#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/data/image_region.h"
#include "core/data/resize_weights.h"

namespace torchwing {

/// Resizes bilinearly, antialiased when shrinking, in two passes, the first one rounded to bytes. Keeps its
/// memory between images; one per thread.
class BilinearResizer {
 public:
  explicit BilinearResizer(ResizeArithmetic arithmetic) : arithmetic_(arithmetic) {}

  /// Resizes the image of which `source` is a part to `full` and writes only the rectangle `window` of the
  /// result, rows without gaps, its columns in reverse order when `mirrored`. `source` must hold what
  /// sourceRectangle() says and be readable for Image::kPadding bytes past its last pixel.
  void resize(const ImageRegion& source, Size full, const Rectangle& window, bool mirrored,
              std::uint8_t* target);
  /// What resize() reads of an image of size `source`.
  static Rectangle sourceRectangle(Size source, Size full, const Rectangle& window);

 private:
  const ResizeArithmetic arithmetic_;
  ResizeWeights horizontal_;
  ResizeWeights vertical_;
  std::vector<std::uint8_t> between_;  ///< the passes
};

}  // namespace torchwing
