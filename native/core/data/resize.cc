#include "core/data/resize.h"

#include "core/data/resize_kernels.h"

namespace torchwing {

Rectangle BilinearResizer::sourceRectangle(Size source, Size full, const Rectangle& window) {
  const auto columns = ResizeWeights::inputs(source.width, full.width, window.left, window.right());
  const auto rows = ResizeWeights::inputs(source.height, full.height, window.top, window.bottom());
  return {columns.first, rows.first, columns.end - columns.first, rows.end - rows.first};
}

void BilinearResizer::resize(const ImageRegion& source, Size full, const Rectangle& window, bool mirrored,
                             std::uint8_t* target, std::size_t stride) {
  const Rectangle needed = sourceRectangle(source.full, full, window);
  horizontal_.compute(arithmetic_, source.full.width, full.width, window.left, window.width, needed.left);
  vertical_.compute(arithmetic_, source.full.height, full.height, window.top, window.height, needed.top);
  const ImageView pixels = source.crop(needed);
  const std::size_t row_bytes = static_cast<std::size_t>(window.width) * 3;
  rows_.resize(row_bytes * static_cast<std::size_t>(pixels.height));
  const ResizeKernels& kernels = resizeKernels();
  kernels.sumColumns(pixels.pixels, pixels.stride, pixels.height, horizontal_, mirrored, rows_.data());
  for (int y = 0; y < window.height; ++y) {
    kernels.sumRows(rows_.data(), row_bytes, vertical_, y, target + static_cast<std::size_t>(y) * stride);
  }
}

}  // namespace torchwing
