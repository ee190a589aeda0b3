#include "core/data/mix.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/data/beta.h"
#include "core/data/counter_rng.h"
#include "test/data/distribution.h"
#include "test/model/fixture.h"

namespace torchwing {
namespace {

using test::kCritical;
using test::kDraws;
using test::largestDifference;

constexpr std::int64_t kHeight = 48, kWidth = 64;

std::vector<double> lambdas(const MixOptions& options) {
  std::vector<double> drawn;
  for (int step = 0; step < kDraws; ++step) {
    drawn.push_back(std::get<MixUp>(drawMix(options, 2, step, kHeight, kWidth)).lambda);
  }
  return drawn;
}

TEST(MixDraw, LambdaIsDistributedAsTorchvisions) {
  const test::Json fixture = test::readFixture("mixup");
  for (const auto& [alpha, name] : {std::pair{0.2, "0.2"}, {1.0, "1.0"}, {3.0, "3.0"}}) {
    const std::vector<double> drawn = lambdas({.mixup_alpha = alpha, .seed = 1});
    EXPECT_LT(largestDifference(drawn, fixture["lambda " + std::string(name)]), kCritical) << name;
  }
  // The measure tells another alpha apart.
  EXPECT_GT(largestDifference(lambdas({.mixup_alpha = 1.2}), fixture["lambda 1.0"]), kCritical);
}

TEST(MixDraw, BoxesAreDistributedAsTorchvisions) {
  const test::Json expected = test::readFixture("mixup")["box 1.0"];
  std::vector<double> lambda, left, top, right, bottom;
  for (int step = 0; step < kDraws; ++step) {
    const CutMix mix = std::get<CutMix>(drawMix({.cutmix_alpha = 1, .seed = 1}, 0, step, kHeight, kWidth));
    lambda.push_back(mix.lambda);
    left.push_back(static_cast<double>(mix.left));
    top.push_back(static_cast<double>(mix.top));
    right.push_back(static_cast<double>(mix.right));
    bottom.push_back(static_cast<double>(mix.bottom));
  }
  EXPECT_LT(largestDifference(lambda, expected["lambda"]), kCritical);
  EXPECT_LT(largestDifference(left, expected["left"]), kCritical);
  EXPECT_LT(largestDifference(top, expected["top"]), kCritical);
  EXPECT_LT(largestDifference(right, expected["right"]), kCritical);
  EXPECT_LT(largestDifference(bottom, expected["bottom"]), kCritical);
  EXPECT_GT(largestDifference(right, expected["left"]), kCritical);
}

TEST(MixDraw, WithBothAlphasEachIsTakenHalfOfTheTime) {
  int cut = 0;
  for (int step = 0; step < kDraws; ++step) {
    const Mix mix = drawMix({.mixup_alpha = 0.2, .cutmix_alpha = 1}, 0, step, kHeight, kWidth);
    cut += std::holds_alternative<CutMix>(mix) ? 1 : 0;
  }
  EXPECT_NEAR(cut, kDraws / 2, 300);  // over four standard deviations
}

TEST(MixDraw, IsAFunctionOfSeedEpochAndStep) {
  const auto lambda = [](std::uint64_t seed, std::int64_t epoch, std::int64_t step) {
    return std::get<MixUp>(drawMix({.mixup_alpha = 1, .seed = seed}, epoch, step, kHeight, kWidth)).lambda;
  };
  EXPECT_EQ(lambda(1, 2, 3), lambda(1, 2, 3));
  EXPECT_NE(lambda(1, 2, 3), lambda(4, 2, 3));
  EXPECT_NE(lambda(1, 2, 3), lambda(1, 4, 3));
  EXPECT_NE(lambda(1, 2, 3), lambda(1, 2, 4));
}

TEST(MixDraw, BetaOfAnyAlphaStaysInsideItsRange) {
  for (const double alpha : {1e-6, 1e-3, 0.5, 1e3, 1e12}) {
    CounterRng rng(3, 0, 0, kMix);
    double sum = 0;
    for (int i = 0; i < 1000; ++i) {
      const float value = drawBeta(rng, alpha);
      ASSERT_TRUE(value > 0 && value < 1) << alpha;
      sum += static_cast<double>(value);
    }
    EXPECT_NEAR(sum / 1000, 0.5, 0.06) << alpha;
  }
}

TEST(CutMixBox, EqualsTorchvisions) {
  const test::Json cases = test::readFixture("mixup")["cutmix"];
  for (const test::Json& expected : cases.list()) {
    const CutMix mix =
        makeCutMix(expected["lambda"].number(), expected["x"].integer(), expected["y"].integer(), 16, 12);
    const std::int64_t box[] = {mix.left, mix.top, mix.right, mix.bottom};
    for (std::size_t side = 0; side < 4; ++side) EXPECT_EQ(box[side], expected["box"][side].integer());
    EXPECT_EQ(mix.lambda, expected["adjusted"].number());
  }
}

}  // namespace
}  // namespace torchwing
