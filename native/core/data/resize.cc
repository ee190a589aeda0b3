#include "core/data/resize.h"

#include "core/data/resize_kernels.h"

namespace torchwing {
namespace {

/// Pillow 13's choice (ImagingResampleInner, python-pillow/Pillow#9549): first the height, where it shrinks
/// by more than twice as many pixels as the width. Before, Pillow always began with the width.
bool isVerticalFirst(Size from, Size to) {
  return to.height < from.height && from.height - to.height > 2 * (from.width - to.width);
}

}  // namespace

Rectangle BilinearResizer::sourceRectangle(Size source, Size full, const Rectangle& window) {
  const auto columns = ResizeWeights::inputs(source.width, full.width, window.left, window.right());
  const auto rows = ResizeWeights::inputs(source.height, full.height, window.top, window.bottom());
  return {columns.first, rows.first, columns.end - columns.first, rows.end - rows.first};
}

void BilinearResizer::resize(const ImageRegion& source, Size full, const Rectangle& window, bool mirrored,
                             std::uint8_t* target) {
  const Rectangle needed = sourceRectangle(source.full, full, window);
  horizontal_.compute(arithmetic_, source.full.width, full.width, window.left, window.width, needed.left);
  vertical_.compute(arithmetic_, source.full.height, full.height, window.top, window.height, needed.top);
  const ImageView pixels = source.crop(needed);
  const ResizeKernels& kernels = resizeKernels();
  const std::size_t target_bytes = static_cast<std::size_t>(window.width) * 3;
  const auto sumRows = [&](const std::uint8_t* rows, std::size_t stride, std::size_t bytes,
                           std::uint8_t* to) {
    for (int y = 0; y < window.height; ++y, to += bytes)
      kernels.sumRows(rows, stride, bytes, vertical_, y, to);
  };
  if (arithmetic_ == ResizeArithmetic::kPillow && isVerticalFirst(source.full, full)) {
    const std::size_t bytes = static_cast<std::size_t>(pixels.width) * 3;
    between_.resize(bytes * static_cast<std::size_t>(window.height) + Image::kPadding);
    sumRows(pixels.pixels, pixels.stride, bytes, between_.data());
    kernels.sumColumns(between_.data(), bytes, window.height, horizontal_, mirrored, target);
  } else {
    between_.resize(target_bytes * static_cast<std::size_t>(pixels.height));
    kernels.sumColumns(pixels.pixels, pixels.stride, pixels.height, horizontal_, mirrored, between_.data());
    sumRows(between_.data(), target_bytes, target_bytes, target);
  }
}

}  // namespace torchwing
