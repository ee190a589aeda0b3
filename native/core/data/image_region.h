#pragma once

#include <functional>

#include "core/data/geometry.h"
#include "core/data/image.h"

namespace torchwing {

/// The part of an image that is at hand: rectangle `rectangle` of an image of size `full`.
struct ImageRegion {
  Size full;
  Rectangle rectangle;
  ImageView pixels;  ///< of size rectangle.width x rectangle.height

  static ImageRegion whole(const ImageView& image) {
    return {{image.width, image.height}, {0, 0, image.width, image.height}, image};
  }
  bool isWhole() const noexcept { return rectangle == Rectangle{0, 0, full.width, full.height}; }
  /// The pixels of `wanted`, in coordinates of the full image; it must lie inside `rectangle`.
  ImageView crop(const Rectangle& wanted) const noexcept {
    return pixels.crop(wanted.left - rectangle.left, wanted.top - rectangle.top, wanted.width, wanted.height);
  }
};

/// What somebody wants of an image, told when its size is known.
struct RegionRequest {
  /// The rectangle to decode, inside an image of the given size.
  std::function<Rectangle(Size)> rectangle;
  /// 1, 2, 4 or 8: a decoder that can may shrink both sides by it, rounding up, and then asks for the
  /// rectangle of the smaller size. Empty: never.
  std::function<int(Size)> shrink;
};

}  // namespace torchwing
