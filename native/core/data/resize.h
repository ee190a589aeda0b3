#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/data/image_region.h"

namespace torchwing {

/// Pillow's Image.resize(..., BILINEAR), antialiased when shrinking, bit for bit (libImaging/Resample.c):
/// triangle weights normalised in double and rounded to 22-bit integers, a horizontal pass rounded to bytes,
/// then a vertical one. Keeps its memory between images; one per thread.
class BilinearResizer {
 public:
  /// Resizes the image of which `source` is a part to `full` and writes only the rectangle `window` of the
  /// result, rows `stride` bytes apart. `source` must hold what sourceRectangle() says and be readable for
  /// Image::kPadding bytes past its last pixel.
  void resize(const ImageRegion& source, Size full, const Rectangle& window, std::uint8_t* target,
              std::size_t stride);
  /// What resize() reads of an image of size `source`.
  static Rectangle sourceRectangle(Size source, Size full, const Rectangle& window);

 private:
  /// Weights of one axis for a range of outputs: output i sums `counts[i]` inputs from `starts[i]` on,
  /// weighted by values[i * taps ...].
  struct Weights {
    int taps = 0;
    std::vector<int> starts;
    std::vector<int> counts;
    std::vector<std::int32_t> values;
    std::vector<double> exact;

    void compute(int in_size, int out_size, int first, int count);
  };

  Weights horizontal_;
  Weights vertical_;
  std::vector<std::uint8_t> rows_;
  std::vector<std::int32_t> sums_;
};

}  // namespace torchwing
