#pragma once

#include <cstddef>
#include <cstdint>

#include "core/data/resize_weights.h"

namespace torchwing {

/// The two passes of a resize over 8-bit RGB rows, each value a weighted sum that is rounded to the nearest
/// byte. All sets of kernels give the same bytes.
struct ResizeKernels {
  /// Horizontal pass: `row_count` rows, `stride` bytes apart, into rows of `weights.outputs()` pixels without
  /// gaps, in reverse order of columns when `mirrored`. Up to eight bytes are read at the last pixel.
  void (*sumColumns)(const std::uint8_t* rows, std::size_t stride, int row_count,
                     const ResizeWeights& weights, bool mirrored, std::uint8_t* target);
  /// Vertical pass: output `output` of `weights`, one row of `bytes` bytes, from rows `stride` bytes apart.
  void (*sumRows)(const std::uint8_t* rows, std::size_t stride, std::size_t bytes,
                  const ResizeWeights& weights, int output, std::uint8_t* target);
};

/// Those for any processor.
const ResizeKernels& plainResizeKernels();
/// The fastest that this processor runs.
const ResizeKernels& resizeKernels();

}  // namespace torchwing
