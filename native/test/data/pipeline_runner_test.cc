#include "core/data/pipeline_runner.h"

#include <gtest/gtest.h>

#include "core/data/size_tracker.h"
#include "core/error.h"
#include "test/data/distribution.h"
#include "test/data/transform_goldens.h"

namespace torchwing {
namespace {

using test::TestImage;

TestImage drawImage(Size size) {
  TestImage image(size);
  CounterRng rng(5, 0, 0, 0);
  for (std::uint8_t& value : image.bytes) value = static_cast<std::uint8_t>(rng.bits());
  // A resize may load a few bytes past the last pixel.
  image.bytes.reserve(image.bytes.size() + Image::kPadding);
  return image;
}

/// The image as bytes that a list of pixel transforms makes.
std::vector<std::uint8_t> run(const std::vector<transform::Spec>& transforms, const ImageRegion& image,
                              const DrawKey& key) {
  std::vector<transform::Spec> all = transforms;
  all.push_back(transform::ToTensor{});
  all.push_back(transform::Normalize{{0, 0, 0}, {1, 1, 1}});
  const Pipeline pipeline(all);
  std::vector<std::uint8_t> target(pipeline.imageBytes());
  PipelineRunner(pipeline).run(image, key, target.data());
  return target;
}

/// A share of 0 and 1 values, one per image: whether the first of two pixels has moved.
std::vector<double> moves(const transform::Spec& flip, Size size) {
  TestImage image(size);
  image.bytes[0] = 255;
  std::vector<double> moved;
  for (int index = 0; index < test::kDraws; ++index) {
    const auto result = run({transform::CenterCrop{size.height, size.width}, flip},
                            ImageRegion::whole(image.view()), {1, 0, index});
    moved.push_back(result[0] == 255 ? 0 : 1);
  }
  return moved;
}

TEST(PipelineRunner, FlipsAndGraysAsOftenAsTorchvision) {
  const test::Json expected = test::readFixture("draws", "transforms");
  const auto difference = [&](const transform::Spec& spec, Size size, const char* name) {
    return test::largestDifference(moves(spec, size), expected[name]);
  };
  using namespace transform;
  EXPECT_LT(difference(RandomHorizontalFlip{0.5}, {2, 1}, "randomHorizontalFlip"), test::kCritical);
  EXPECT_LT(difference(RandomVerticalFlip{0.3}, {1, 2}, "randomVerticalFlip"), test::kCritical);
  // Of grey 76 and 255 the first value tells them apart as well.
  EXPECT_LT(difference(RandomGrayscale{0.1}, {1, 1}, "randomGrayscale"), test::kCritical);
  EXPECT_GT(difference(RandomHorizontalFlip{0.3}, {2, 1}, "randomHorizontalFlip"), test::kCritical);
}

TEST(PipelineRunner, DrawsTheAngleAsTorchvision) {
  // A dot far from the centre tells the angle that it was turned by.
  const Size size{201, 201};
  TestImage image(size);
  std::fill_n(image.pixels().row(100) + 190 * 3, 3, std::uint8_t{255});
  const Pipeline pipeline({transform::CenterCrop{201, 201},
                           transform::RandomRotation{{-30, 75}, Interpolation::kNearest, false, {}, {}},
                           transform::ToTensor{}, transform::Normalize{{0, 0, 0}, {1, 1, 1}}});
  PipelineRunner runner(pipeline);
  std::vector<std::uint8_t> target(pipeline.imageBytes());
  double smallest = 360, largest = -360, sum = 0;
  int seen = 0;
  for (int index = 0; index < 600; ++index) {
    runner.run(ImageRegion::whole(image.view()), {1, 0, index}, target.data());
    const auto dot = std::find(target.begin(), target.end(), 255) - target.begin();
    if (dot == static_cast<std::ptrdiff_t>(target.size())) continue;  // between the nearest pixels
    const double x = static_cast<double>(dot / 3 % 201) - 100, y = 100 - static_cast<double>(dot / 603);
    const double degrees = std::atan2(y, x) * 180 / 3.14159265358979;
    smallest = std::min(smallest, degrees);
    largest = std::max(largest, degrees);
    sum += degrees;
    ++seen;
  }
  EXPECT_GT(seen, 400);
  EXPECT_NEAR(smallest, -30, 1.5);
  EXPECT_NEAR(largest, 75, 1.5);
  EXPECT_NEAR(sum / seen, 22.5, 5);  // four standard errors
}

TEST(PipelineRunner, ReadsNothingOutsideTheRectangleThatItAsksFor) {
  const Size size{61, 47};
  const TestImage image = drawImage(size);
  using namespace transform;
  const Padding padding{9, 9, 9, 9};
  const std::vector<std::vector<Spec>> lists{
      {RandomCrop{20, 30}},
      {RandomCrop{40, 55, padding, false, PaddingMode::kConstant, {1, 2, 3}}},
      {RandomCrop{40, 55, padding, false, PaddingMode::kEdge, {}}},
      {RandomCrop{40, 55, padding, false, PaddingMode::kReflect, {}}},
      {RandomCrop{60, 80, padding, true, PaddingMode::kSymmetric, {}}},
      {Resize{80}, RandomCrop{30, 30}, RandomHorizontalFlip{}},
      {Resize{80}, CenterCrop{30, 30}, RandomHorizontalFlip{}},
      {RandomResizedCrop{16, 16}, RandomVerticalFlip{}},
      {RandomVerticalFlip{}, RandomCrop{20, 20}},
      {CenterCrop{80, 30}, RandAugment{}},
  };
  for (std::size_t list = 0; list < lists.size(); ++list) {
    std::vector<Spec> all = lists[list];
    all.push_back(ToTensor{});
    const Pipeline pipeline(all);
    const PipelineRunner runner(pipeline);
    for (int index = 0; index < 40; ++index) {
      const DrawKey key{3, 1, index};
      const Rectangle needed = runner.sourceRectangle(size, key);
      ASSERT_EQ(intersection(needed, {0, 0, size.width, size.height}), needed);
      TestImage part = drawImage({needed.width, needed.height});
      cropPadded(ImageRegion::whole(image.view()), needed, {}, part.pixels());
      EXPECT_EQ(run(lists[list], {size, needed, part.view()}, key),
                run(lists[list], ImageRegion::whole(image.view()), key))
          << "list " << list << ", image " << index;
    }
  }
}

TEST(PipelineRunner, AResizeWithACropBehindIsTheOneAfterTheOther) {
  const TestImage image = drawImage({61, 47});
  using namespace transform;
  for (int index = 0; index < 20; ++index) {
    const DrawKey key{3, 1, index};
    const Size full = resizedBy(Resize{80}, {61, 47});
    TestImage whole(full);
    whole.bytes =
        run({Resize{80}, CenterCrop{full.height, full.width}}, ImageRegion::whole(image.view()), key);
    CounterRng rng = key.generator(1);
    const Rectangle window = randomCropRectangle(full, {30, 20}, rng);
    TestImage expected({30, 20});
    cropPadded(ImageRegion::whole(whole.view()), window, {}, expected.pixels());
    EXPECT_EQ(run({Resize{80}, RandomCrop{20, 30}}, ImageRegion::whole(image.view()), key), expected.bytes);
  }
}

TEST(PipelineRunner, RefusesAnImageThatIsSmallerThanARandomCrop) {
  const TestImage image = drawImage({20, 30});
  using namespace transform;
  EXPECT_THROW(run({RandomCrop{40, 10}}, ImageRegion::whole(image.view()), {}), ImageTooSmall);
  EXPECT_THROW(run({RandomCrop{40, 10, {4, 4, 4, 4}}}, ImageRegion::whole(image.view()), {}), ImageTooSmall);
  EXPECT_NO_THROW(run({RandomCrop{40, 10, {0, 5, 0, 5}}}, ImageRegion::whole(image.view()), {}));
  EXPECT_NO_THROW(run({RandomCrop{40, 10, {}, true}}, ImageRegion::whole(image.view()), {}));
}

TEST(Pipeline, NamesTheNumberThatIsOutOfRange) {
  using namespace transform;
  const std::vector<std::pair<Spec, std::string>> refused{
      {Resize{20, 0, 20}, "resize.maxSize is 20, expected 21 to"},
      {Pad{{0, -1, 0, 0}}, "pad.padding is -1"},
      {RandomCrop{0, 5}, "randomCrop size is 0"},
      {RandomVerticalFlip{-0.5}, "randomVerticalFlip.p"},
      {ColorJitter{ColorRanges{std::nullopt, Range{-1, 1}}}, "colorJitter.contrast is [-1"},
      {ColorJitter{ColorRanges{std::nullopt, std::nullopt, std::nullopt, Range{0, 0.6}}},
       "colorJitter.hue is [0.0"},
      {RandomRotation{{3, 1}}, "randomRotation.degrees is [3"},
      {RandomRotation{{1, 3}, Interpolation::kNearest, true, std::array<double, 2>{0, 2e6}},
       "randomRotation.center"},
      {RandomGrayscale{2}, "randomGrayscale.p"},
      {RandAugment{2, 31}, "randAugment.magnitude is 31, expected 0 to 30"},
      {TrivialAugmentWide{1}, "trivialAugmentWide.numMagnitudeBins is 1"},
      {RandomErasing{0.5, {0.1, 1.5}}, "randomErasing.scale"},
      {RandomErasing{0.5, {0.1, 1}, {0, 1}}, "randomErasing.ratio"},
  };
  for (const auto& [spec, part] : refused) {
    try {
      SizeTracker().follow(spec);
      ADD_FAILURE() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "INVALID_CONFIG");
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

TEST(Pipeline, KnowsTheSizeBehindEachTransform) {
  using namespace transform;
  const auto sizeBehind = [](const std::vector<Spec>& transforms) {
    SizeTracker tracker;
    for (const Spec& transform : transforms) tracker.follow(transform);
    return tracker.size();
  };
  EXPECT_EQ(sizeBehind({Resize{10, 20}, Pad{{1, 2, 3, 4}}}), (Size{24, 16}));
  EXPECT_EQ(sizeBehind({CenterCrop{50, 100}, Resize{25}}), (Size{50, 25}));
  EXPECT_EQ(sizeBehind({CenterCrop{50, 100}, Resize{25, 0, 40}}), (Size{40, 20}));
  EXPECT_EQ(sizeBehind({Resize{25}, RandomCrop{8, 9}}), (Size{9, 8}));
  EXPECT_EQ(sizeBehind({CenterCrop{5, 5}, RandomRotation{{1, 2}}}), (Size{5, 5}));
  EXPECT_EQ(sizeBehind({CenterCrop{5, 5}, RandomRotation{{1, 2}, Interpolation::kNearest, true}}), (Size{}));
  EXPECT_EQ(sizeBehind({Pad{{1, 1, 1, 1}}}), (Size{}));
}

}  // namespace
}  // namespace torchwing
