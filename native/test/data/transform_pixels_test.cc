#include <gtest/gtest.h>

#include <functional>

#include "core/data/transforms/affine.h"
#include "core/data/transforms/color.h"
#include "core/data/transforms/crop_pad.h"
#include "core/data/transforms/flip.h"
#include "core/data/transforms/sharpness.h"
#include "core/data/transforms/tone.h"
#include "test/data/transform_goldens.h"

namespace torchwing {
namespace {

using test::TestImage;
using Arguments = std::vector<double>;
using Operation = std::function<TestImage(const TestImage& image, const Arguments& arguments)>;

constexpr Color kFill{30, 144, 255};

template <class Change>
Operation inPlace(Change change) {
  return [change](TestImage image, const Arguments& arguments) {
    change(image.pixels(), arguments);
    return image;
  };
}

/// Operations that take one number.
Operation inPlace(void (*change)(const Pixels&, double)) {
  return inPlace(
      [change](const Pixels& pixels, const Arguments& arguments) { change(pixels, arguments[0]); });
}

/// Operations that take none.
Operation inPlace(void (*change)(const Pixels&)) {
  return inPlace([change](const Pixels& pixels, const Arguments&) { change(pixels); });
}

TestImage sharpened(const TestImage& image, const Arguments& arguments) {
  TestImage result(image.size);
  adjustSharpness(image.view(), arguments[0], result.pixels());
  return result;
}

Operation rotating(Interpolation interpolation) {
  return [interpolation](const TestImage& image, const Arguments& arguments) {
    Rotation rotation{arguments[0], interpolation, arguments[1] != 0, std::nullopt, kFill};
    if (arguments.size() == 4) rotation.center = {arguments[2], arguments[3]};
    TestImage result(rotatedSize(image.size, rotation));
    rotate(image.view(), rotation, result.pixels());
    return result;
  };
}

TestImage cut(const TestImage& image, const Rectangle& rectangle, const Surroundings& outside) {
  TestImage result({rectangle.width, rectangle.height});
  // Only what the rectangle is said to need is at hand.
  const Rectangle needed = paddedSource(rectangle, image.size, outside.mode);
  const ImageView part = image.view().crop(needed.left, needed.top, needed.width, needed.height);
  TestImage held({needed.width, needed.height});
  cropPadded(ImageRegion::whole(part), {0, 0, needed.width, needed.height}, {}, held.pixels());
  cropPadded({image.size, needed, held.view()}, rectangle, outside, result.pixels());
  return result;
}

Operation padding(PaddingMode mode) {
  return [mode](const TestImage& image, const Arguments& a) {
    const Padding padding{static_cast<int>(a[0]), static_cast<int>(a[1]), static_cast<int>(a[2]),
                          static_cast<int>(a[3])};
    const Size size = paddedSize(image.size, padding);
    return cut(image, {-padding[0], -padding[1], size.width, size.height}, {mode, kFill, {}});
  };
}

/// Padding, what the sides lack, row, column, height, width.
Operation cropping(PaddingMode mode) {
  return [mode](const TestImage& image, const Arguments& a) {
    const int padding = static_cast<int>(a[0]);
    const Rectangle rectangle{static_cast<int>(a[4] - a[1]) - padding,
                              static_cast<int>(a[3] - a[2]) - padding, static_cast<int>(a[6]),
                              static_cast<int>(a[5])};
    return cut(image, rectangle, {mode, kFill, {padding, padding, padding, padding}});
  };
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> kOperations{
      {"brightness", inPlace(adjustBrightness)},
      {"contrast", inPlace(adjustContrast)},
      {"saturation", inPlace(adjustSaturation)},
      {"sharpness", sharpened},
      {"hue", inPlace(adjustHue)},
      {"grayscale", inPlace(grayscale)},
      {"posterize", inPlace([](const Pixels& pixels, const Arguments& arguments) {
         posterize(pixels, static_cast<int>(arguments[0]));
       })},
      {"solarize", inPlace(solarize)},
      {"autocontrast", inPlace(autocontrast)},
      {"equalize", inPlace(equalize)},
      {"horizontal-flip", inPlace(flipHorizontally)},
      {"vertical-flip", inPlace(flipVertically)},
      {"rotate-nearest", rotating(Interpolation::kNearest)},
      {"rotate-bilinear", rotating(Interpolation::kBilinear)},
      {"pad-constant", padding(PaddingMode::kConstant)},
      {"pad-edge", padding(PaddingMode::kEdge)},
      {"pad-reflect", padding(PaddingMode::kReflect)},
      {"pad-symmetric", padding(PaddingMode::kSymmetric)},
      {"crop-constant", cropping(PaddingMode::kConstant)},
      {"crop-edge", cropping(PaddingMode::kEdge)},
      {"crop-reflect", cropping(PaddingMode::kReflect)},
      {"crop-symmetric", cropping(PaddingMode::kSymmetric)},
  };
  return kOperations;
}

TEST(TransformPixels, EqualTorchvisionsByteForByte) {
  const test::Json fixture = test::readFixture("pixels", "transforms");
  const auto images = test::readImages(fixture);
  std::map<std::string, int> cases;
  for (const test::Json& expected : fixture["cases"].list()) {
    const std::string& operation = expected["operation"].text();
    const std::string& image = expected["image"].text();
    const std::string& arguments = expected["arguments"].text();
    const TestImage result = operations().at(operation)(images.at(image), test::parseNumbers(arguments));
    const std::string what = operation + " of " + image + " by " + arguments;
    EXPECT_EQ(result.size.width, expected["width"].integer()) << what;
    EXPECT_EQ(result.size.height, expected["height"].integer()) << what;
    EXPECT_EQ(result.digest(), expected["digest"].text()) << what;
    ++cases[operation];
  }
  EXPECT_EQ(cases.size(), operations().size()) << "an operation without golden values";
}

TEST(TransformPixels, TurnsEveryHueAsPillowDoes) {
  const test::Json fixture = test::readFixture("pixels", "transforms");
  constexpr int kLevels = 52;
  TestImage cube({kLevels * kLevels, kLevels});
  for (int i = 0; i < kLevels * kLevels * kLevels; ++i) {
    std::uint8_t* pixel = cube.bytes.data() + static_cast<std::ptrdiff_t>(i) * 3;
    pixel[0] = static_cast<std::uint8_t>(i / (kLevels * kLevels) * 5);
    pixel[1] = static_cast<std::uint8_t>(i / kLevels % kLevels * 5);
    pixel[2] = static_cast<std::uint8_t>(i % kLevels * 5);
  }
  int shift = -127;
  for (const std::string& expected : test::parseWords(fixture["hues"].text())) {
    TestImage turned = cube;
    adjustHue(turned.pixels(), shift / 255.0);
    EXPECT_EQ(turned.digest(), expected) << "by " << shift << " of 255";
    shift += 11;
  }
  EXPECT_GT(shift, 127);
}

}  // namespace
}  // namespace torchwing
