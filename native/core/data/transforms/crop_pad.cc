#include "core/data/transforms/crop_pad.h"

#include <algorithm>
#include <cstring>

namespace torchwing {
namespace {

/// The position inside 0..size-1 that one outside shows. numpy.pad: an axis of one pixel has no reflection
/// but itself.
int reflected(int position, int size, PaddingMode mode) {
  if (position >= 0 && position < size) return position;
  if (mode == PaddingMode::kEdge || size == 1) return std::clamp(position, 0, size - 1);
  const int period = mode == PaddingMode::kReflect ? 2 * size - 2 : 2 * size;
  const int rest = ((position % period) + period) % period;
  return rest < size ? rest : (mode == PaddingMode::kReflect ? period : period - 1) - rest;
}

/// One axis of an image with its surroundings.
struct Axis {
  /// The image's position that `position`, counted from the image's first pixel, shows.
  int shown(int position) const {
    return reflected(reflected(position + before, before + size + behind, mode) - before, size, mode);
  }
  int size, before, behind;
  PaddingMode mode;
};

void copyInside(const ImageRegion& source, const Rectangle& inside, const Rectangle& rectangle,
                const Pixels& target) {
  const ImageView pixels = source.crop(inside);
  std::uint8_t* to = target.row(inside.top - rectangle.top);
  to += static_cast<std::size_t>(inside.left - rectangle.left) * 3;
  for (int y = 0; y < inside.height; ++y, to += target.stride()) {
    std::memcpy(to, pixels.row(y), static_cast<std::size_t>(inside.width) * 3);
  }
}

void fillRow(std::uint8_t* row, int width, const Color& fill) {
  for (int x = 0; x < width; ++x, row += 3) std::memcpy(row, fill.data(), 3);
}

}  // namespace

Size paddedSize(Size image, const Padding& padding) {
  return {padding[0] + image.width + padding[2], padding[1] + image.height + padding[3]};
}

Padding neededPadding(Size image, Size crop) {
  const int columns = std::max(0, crop.width - image.width);
  const int rows = std::max(0, crop.height - image.height);
  return {columns, rows, columns, rows};
}

Rectangle randomCropRectangle(Size image, Size crop, CounterRng& rng) {
  Rectangle rectangle{0, 0, crop.width, crop.height};
  if (image == crop) return rectangle;
  rectangle.top = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.height - crop.height + 1)));
  rectangle.left = static_cast<int>(rng.below(static_cast<std::uint32_t>(image.width - crop.width + 1)));
  return rectangle;
}

Rectangle paddedSource(const Rectangle& rectangle, Size image, PaddingMode mode) {
  const Rectangle whole{0, 0, image.width, image.height};
  const Rectangle inside = intersection(rectangle, whole);
  if (inside == rectangle) return inside;
  if (mode == PaddingMode::kReflect || mode == PaddingMode::kSymmetric) return whole;
  if (mode == PaddingMode::kConstant) return inside.width > 0 ? inside : Rectangle{0, 0, 1, 1};
  const int left = reflected(rectangle.left, image.width, mode);
  const int top = reflected(rectangle.top, image.height, mode);
  return {left, top, reflected(rectangle.right() - 1, image.width, mode) - left + 1,
          reflected(rectangle.bottom() - 1, image.height, mode) - top + 1};
}

void cropPadded(const ImageRegion& source, const Rectangle& rectangle, const Surroundings& outside,
                const Pixels& target) {
  const Rectangle inside = intersection(rectangle, {0, 0, source.full.width, source.full.height});
  if (inside == rectangle) return copyInside(source, inside, rectangle, target);
  if (outside.mode == PaddingMode::kConstant) {
    for (int y = 0; y < target.size.height; ++y) fillRow(target.row(y), target.size.width, outside.fill);
    if (inside.width > 0) copyInside(source, inside, rectangle, target);
    return;
  }
  const Axis columns{source.full.width, outside.inner[0], outside.inner[2], outside.mode};
  const Axis rows{source.full.height, outside.inner[1], outside.inner[3], outside.mode};
  for (int y = 0; y < rectangle.height; ++y) {
    const std::uint8_t* from = source.pixels.row(rows.shown(rectangle.top + y) - source.rectangle.top);
    std::uint8_t* to = target.row(y);
    for (int x = 0; x < rectangle.width; ++x, to += 3) {
      const int column = columns.shown(rectangle.left + x);
      std::memcpy(to, from + static_cast<std::ptrdiff_t>(column - source.rectangle.left) * 3, 3);
    }
  }
}

}  // namespace torchwing
