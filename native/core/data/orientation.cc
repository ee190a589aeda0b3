#include "core/data/orientation.h"

#include <cstring>

namespace torchwing {

void applyOrientation(const ImageView& image, int orientation, Image& upright) {
  // EXIF 2.3, 4.6.4: where row 0 and column 0 of the stored image lie in the upright one.
  const bool sides_swapped = orientation >= 5;
  const bool right_to_left = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool bottom_to_top = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const int width = sides_swapped ? image.height : image.width;
  const int height = sides_swapped ? image.width : image.height;
  upright.reset(width, height);
  for (int y = 0; y < height; ++y) {
    std::uint8_t* target = upright.row(y);
    for (int x = 0; x < width; ++x, target += 3) {
      const int column = sides_swapped ? y : x;
      const int row = sides_swapped ? x : y;
      const int source_x = right_to_left ? image.width - 1 - column : column;
      const int source_y = bottom_to_top ? image.height - 1 - row : row;
      std::memcpy(target, image.row(source_y) + static_cast<std::size_t>(source_x) * 3, 3);
    }
  }
}

}  // namespace torchwing
