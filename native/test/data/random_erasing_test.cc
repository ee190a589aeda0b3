#include "core/data/transforms/random_erasing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/convert_pixels.h"
#include "core/data/pipeline.h"
#include "test/data/transform_goldens.h"

namespace torchwing {
namespace {

constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kStd{0.229F, 0.224F, 0.225F};

/// The image "odd" behind toTensor and normalize.
struct Planes {
  Planes() {
    const auto images = test::readImages(test::readFixture("pixels", "transforms"));
    const test::TestImage& image = images.at("odd");
    size = image.size;
    values.resize(image.bytes.size());
    const Pipeline pipeline({transform::CenterCrop{size.height, size.width}, transform::ToTensor{},
                             transform::Normalize{kMean, kStd}});
    convertPixels(image.bytes.data(), values.size() / 3, pipeline.table(), values.data());
  }

  std::string digest() const { return test::digest(values.data(), values.size() * sizeof(float)); }

  Size size;
  std::vector<float> values;
};

TEST(RandomErasing, EqualsTorchvisionToTheBitBehindNormalizeAndBeforeIt) {
  const test::Json expected = test::readFixture("erasing", "transforms");
  Planes behind;
  erase(behind.values.data(), behind.size, {5, 3, 7, 11}, {0, 0, 0});
  EXPECT_EQ(behind.digest(), expected["behind normalize"].text());

  Planes before;
  erase(before.values.data(), before.size, {5, 3, 7, 11}, {0.5F, 0.25F, 1.0F});
  normalize(before.values.data(), before.size, {5, 3, 7, 11}, kMean, kStd);
  EXPECT_EQ(before.digest(), expected["before normalize"].text());

  Planes twice;
  erase(twice.values.data(), twice.size, {0, 0, 30, 20}, {0.1F, 0.2F, 0.3F});
  normalize(twice.values.data(), twice.size, {0, 0, 30, 20}, kMean, kStd);
  erase(twice.values.data(), twice.size, {12, 10, 25, 15}, {-1.5F, 2.0F, 0.75F});
  EXPECT_EQ(twice.digest(), expected["twice"].text());
}

TEST(RandomErasing, NoiseFillsTheRectangleAndNothingElse) {
  const Size size{6, 5};
  std::vector<float> planes(90, 7.0F);
  CounterRng rng(1, 0, 0, 0);
  eraseWithNoise(planes.data(), size, {1, 2, 4, 2}, rng);
  EXPECT_EQ(std::count(planes.begin(), planes.end(), 7.0F), 90 - 3 * 8);
  for (int channel = 0; channel < 3; ++channel) {
    for (const int y : {2, 3}) {
      for (int x = 1; x < 5; ++x)
        EXPECT_NE(planes[static_cast<std::size_t>((channel * 5 + y) * 6 + x)], 7.0F);
    }
  }
}

TEST(RandomErasing, LeavesAnImageAloneThatIsTooSmallForAnyRectangle) {
  CounterRng rng(1, 0, 0, 0);
  EXPECT_EQ(erasedRectangle({1, 1}, {0.5, 1.0}, {1.0, 1.0}, rng), std::nullopt);
}

}  // namespace
}  // namespace torchwing
