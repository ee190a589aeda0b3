#include "core/data/geometry.h"

#include <gtest/gtest.h>

namespace torchwing {
namespace {

constexpr std::array<double, 2> kScale{0.08, 1.0};
constexpr std::array<double, 2> kRatio{3.0 / 4.0, 4.0 / 3.0};

TEST(ResizedSize, TruncatesTheLongerSide) {
  const Size wide = resizedSize({500, 333}, 256);
  EXPECT_EQ(wide.height, 256);
  EXPECT_EQ(wide.width, 384);  // 384.38…
  const Size tall = resizedSize({333, 500}, 256);
  EXPECT_EQ(tall.width, 256);
  EXPECT_EQ(tall.height, 384);
  EXPECT_EQ(resizedSize({256, 300}, 256).height, 300);
}

TEST(CenterCropRectangle, RoundsHalfToEven) {
  EXPECT_EQ(centerCropRectangle({5, 7}, {4, 4}).left, 0);  // 0.5
  EXPECT_EQ(centerCropRectangle({5, 7}, {4, 4}).top, 2);   // 1.5
  EXPECT_EQ(centerCropRectangle({9, 9}, {4, 4}).left, 2);  // 2.5
}

TEST(CenterCropRectangle, ReachesOutsideASmallerImage) {
  const Rectangle rectangle = centerCropRectangle({3, 10}, {8, 8});
  EXPECT_EQ(rectangle.left, -2);  // 5 missing: 2 before, 3 behind
  EXPECT_EQ(rectangle.top, 1);
}

TEST(RandomResizedCropRectangle, StaysInsideAndInRange) {
  double smallest = 1, largest = 0;
  for (std::uint32_t index = 0; index < 20'000; ++index) {
    CounterRng rng(3, 0, index, 0);
    const Rectangle r = randomResizedCropRectangle({400, 300}, kScale, kRatio, rng);
    ASSERT_GE(r.left, 0);
    ASSERT_GE(r.top, 0);
    ASSERT_LE(r.left + r.width, 400);
    ASSERT_LE(r.top + r.height, 300);
    const double ratio = static_cast<double>(r.width) / r.height;
    ASSERT_GT(ratio, 0.75 * 0.97);
    ASSERT_LT(ratio, 4.0 / 3.0 * 1.03);
    const double share = static_cast<double>(r.width) * r.height / (400.0 * 300.0);
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
  }
  EXPECT_LT(smallest, 0.09);
  EXPECT_GT(largest, 0.98);
}

TEST(RandomResizedCropRectangle, FallsBackToTheCentreOfAnImageThatFitsNoTry) {
  CounterRng rng(3, 0, 0, 0);
  const Rectangle r = randomResizedCropRectangle({1000, 2}, {0.9, 1.0}, kRatio, rng);
  EXPECT_EQ(r.width, 3);  // 2 * 4 / 3 = 2.67
  EXPECT_EQ(r.height, 2);
  EXPECT_EQ(r.left, 498);
  EXPECT_EQ(r.top, 0);
}

}  // namespace
}  // namespace torchwing
