#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/data/draw_key.h"
#include "core/data/transforms/augment.h"
#include "core/data/transforms/color_jitter.h"
#include "core/data/transforms/crop_pad.h"
#include "core/data/transforms/random_erasing.h"
#include "test/data/distribution.h"

namespace torchwing {
namespace {

using test::kDraws;

/// The draws of one transform by the name of what is drawn.
using Draws = std::map<std::string, std::vector<double>>;
using Drawer = std::function<void(CounterRng& rng, Draws& draws)>;

/// What `draw` draws for as many images.
Draws drawn(const Drawer& draw, int calls = kDraws) {
  Draws draws;
  for (int index = 0; index < calls; ++index) {
    CounterRng rng = DrawKey{1, 0, index}.generator(0);
    draw(rng, draws);
  }
  return draws;
}

void expectAsTorchvision(const std::string& transform, const Draws& draws) {
  const test::Json expected = test::readFixture("draws", "transforms")[transform];
  EXPECT_EQ(draws.size(), expected.object().size());
  for (const auto& [name, values] : draws) {
    EXPECT_EQ(values.size(), static_cast<std::size_t>(kDraws));
    EXPECT_LT(test::largestDifference(values, expected[name]), test::kCritical) << transform << " " << name;
  }
}

void add(const Rectangle& rectangle, Size image, Draws& draws) {
  const double width = rectangle.width, height = rectangle.height;
  draws["area"].push_back(width * height / image.width / image.height);
  draws["log ratio"].push_back(std::log(width / height));
  draws["top"].push_back(rectangle.top);
  draws["left"].push_back(rectangle.left);
}

Draws resizedCrops(Size image, const std::array<double, 2>& scale = {0.08, 1}) {
  return drawn([&](CounterRng& rng, Draws& draws) {
    add(randomResizedCropRectangle(image, scale, {3.0 / 4, 4.0 / 3}, rng), image, draws);
  });
}

TEST(TransformDraws, OfRandomResizedCropAreTorchvisions) {
  expectAsTorchvision("randomResizedCrop", resizedCrops({400, 300}));
  expectAsTorchvision("randomResizedCrop of a narrow image", resizedCrops({300, 40}));
}

TEST(TransformDraws, OfAnotherRangeAreToldApart) {
  const test::Json expected = test::readFixture("draws", "transforms")["randomResizedCrop"];
  const Draws other = resizedCrops({400, 300}, {0.12, 1});
  EXPECT_GT(test::largestDifference(other.at("area"), expected["area"]), test::kCritical);
}

TEST(TransformDraws, OfRandomCropAreTorchvisions) {
  expectAsTorchvision("randomCrop", drawn([](CounterRng& rng, Draws& draws) {
                        const Rectangle rectangle = randomCropRectangle({48, 38}, {32, 16}, rng);
                        draws["top"].push_back(rectangle.top);
                        draws["left"].push_back(rectangle.left);
                      }));
}

TEST(TransformDraws, OfColorJitterAreTorchvisions) {
  using Range = std::array<double, 2>;
  const ColorRanges ranges{Range{0.6, 1.4}, Range{0.2, 3.0}, Range{0.3, 1.7}, Range{-0.1, 0.1}};
  static constexpr const char* kNames[] = {"brightness", "contrast", "saturation", "hue"};
  const auto rankOf = [](std::array<ColorChange, 4> order) {
    int rank = 0;
    while (std::prev_permutation(order.begin(), order.end())) ++rank;
    return rank;
  };
  expectAsTorchvision("colorJitter", drawn([&](CounterRng& rng, Draws& draws) {
                        const ColorJitterDraw draw = drawColorJitter(ranges, rng);
                        draws["order"].push_back(rankOf(draw.order));
                        for (std::size_t i = 0; i < 4; ++i) draws[kNames[i]].push_back(*draw.factors[i]);
                      }));
}

TEST(TransformDraws, OfAnAngleAreTorchvisions) {
  const test::Json expected = test::readFixture("draws", "transforms")["randomRotation"];
  const Draws draws =
      drawn([](CounterRng& rng, Draws& angles) { angles["degrees"].push_back(rng.uniform(-30.0F, 75.0F)); });
  EXPECT_LT(test::largestDifference(draws.at("degrees"), expected), test::kCritical);
}

/// The operation, and that with its magnitude's bin and sign as one number: see the generator.
void add(const Augmentation& augmentation, AugmentSpace space, Draws& draws) {
  const auto operation = static_cast<int>(augmentation.operation);
  int bin = 0;
  while (magnitudeOf(space, augmentation.operation, bin, 31, {8, 8}) != std::abs(augmentation.magnitude))
    ++bin;
  draws["operation"].push_back(operation);
  draws["operation, magnitude and sign"].push_back(operation * 61 + 30 +
                                                   (std::signbit(augmentation.magnitude) ? -bin : bin));
}

TEST(TransformDraws, OfRandAugmentAreTorchvisions) {
  const auto draw = [](CounterRng& rng, Draws& draws) {
    for (int i = 0; i < 2; ++i) add(drawRandAugment(9, 31, {8, 8}, rng), AugmentSpace::kRandAugment, draws);
  };
  expectAsTorchvision("randAugment", drawn(draw, kDraws / 2));
}

TEST(TransformDraws, OfTrivialAugmentWideAreTorchvisions) {
  expectAsTorchvision("trivialAugmentWide", drawn([](CounterRng& rng, Draws& draws) {
                        add(drawTrivialAugment(31, {8, 8}, rng), AugmentSpace::kTrivialAugmentWide, draws);
                      }));
}

TEST(TransformDraws, OfRandomErasingAreTorchvisions) {
  const Size image{80, 60};
  Draws draws = drawn([&](CounterRng& rng, Draws& rectangles) {
    const auto rectangle = erasedRectangle(image, {0.02, 0.33}, {0.3, 3.3}, rng);
    ASSERT_TRUE(rectangle.has_value());
    add(*rectangle, image, rectangles);
  });
  std::vector<float> noise(3 * kDraws);
  CounterRng rng(2, 0, 0, 0);
  eraseWithNoise(noise.data(), {200, 100}, {0, 0, 200, 100}, rng);
  draws["noise"].assign(noise.begin(), noise.begin() + kDraws);
  expectAsTorchvision("randomErasing", draws);
}

}  // namespace
}  // namespace torchwing
