#pragma once

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

}  // namespace torchwing
