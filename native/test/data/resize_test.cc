#include "core/data/resize.h"

#include <gtest/gtest.h>

#include <random>

namespace torchwing {
namespace {

Image noise(Size size) {
  std::mt19937 random(4);
  Image image;
  image.reset(size.width, size.height);
  for (int y = 0; y < size.height; ++y) {
    for (std::size_t x = 0; x < image.stride(); ++x) image.row(y)[x] = static_cast<std::uint8_t>(random());
  }
  return image;
}

std::vector<std::uint8_t> resize(const Image& image, Size full, const Rectangle& window, bool mirrored) {
  std::vector<std::uint8_t> target(static_cast<std::size_t>(window.width * window.height * 3));
  BilinearResizer resizer(ResizeArithmetic::kPillow);
  resizer.resize(ImageRegion::whole(image.view()), full, window, mirrored, target.data());
  return target;
}

/// One size for each of Pillow's two orders of passes.
class Resize : public testing::TestWithParam<Size> {};

TEST_P(Resize, AWindowHoldsThePixelsOfTheWhole) {
  const Image image = noise({60, 90});
  const Size full = GetParam();
  const auto whole = resize(image, full, {0, 0, full.width, full.height}, false);
  const Rectangle window{5, 3, 11, 7};
  const auto part = resize(image, full, window, false);
  for (int y = 0; y < window.height; ++y) {
    for (int x = 0; x < window.width * 3; ++x) {
      ASSERT_EQ(part[static_cast<std::size_t>(y * window.width * 3 + x)],
                whole[static_cast<std::size_t>(((window.top + y) * full.width + window.left) * 3 + x)]);
    }
  }
}

TEST_P(Resize, MirroredReversesTheColumns) {
  const Image image = noise({60, 90});
  const Size full = GetParam();
  const Rectangle all{0, 0, full.width, full.height};
  const auto straight = resize(image, full, all, false);
  const auto mirrored = resize(image, full, all, true);
  for (int y = 0; y < full.height; ++y) {
    for (int x = 0; x < full.width; ++x) {
      const auto at = static_cast<std::size_t>((y * full.width + x) * 3);
      const auto opposite = static_cast<std::size_t>((y * full.width + full.width - 1 - x) * 3);
      ASSERT_EQ(mirrored[at], straight[opposite]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, Resize, testing::Values(Size{30, 30}, Size{30, 29}));

}  // namespace
}  // namespace torchwing
