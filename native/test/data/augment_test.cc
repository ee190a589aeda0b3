#include "core/data/transforms/augment.h"

#include <gtest/gtest.h>

#include "test/data/transform_goldens.h"

namespace torchwing {
namespace {

using test::TestImage;

constexpr Color kFill{30, 144, 255};
constexpr int kBins = 31;

const std::map<std::string, AugmentSpace> kSpaces{{"randAugment", AugmentSpace::kRandAugment},
                                                  {"trivialAugmentWide", AugmentSpace::kTrivialAugmentWide}};

const std::map<std::string, AugmentOperation> kOperations{
    {"Identity", AugmentOperation::kIdentity},
    {"ShearX", AugmentOperation::kShearX},
    {"ShearY", AugmentOperation::kShearY},
    {"TranslateX", AugmentOperation::kTranslateX},
    {"TranslateY", AugmentOperation::kTranslateY},
    {"Rotate", AugmentOperation::kRotate},
    {"Brightness", AugmentOperation::kBrightness},
    {"Color", AugmentOperation::kColor},
    {"Contrast", AugmentOperation::kContrast},
    {"Sharpness", AugmentOperation::kSharpness},
    {"Posterize", AugmentOperation::kPosterize},
    {"Solarize", AugmentOperation::kSolarize},
    {"AutoContrast", AugmentOperation::kAutoContrast},
    {"Equalize", AugmentOperation::kEqualize},
};

TestImage augmented(TestImage image, const Augmentation& augmentation, Interpolation interpolation) {
  if (!needsNewPixels(augmentation.operation)) {
    augmentInPlace(image.pixels(), augmentation);
    return image;
  }
  TestImage result(image.size);
  augmentInto(image.view(), augmentation, interpolation, kFill, result.pixels());
  return result;
}

TEST(Augment, EqualsTorchvisionAtEveryMagnitudeAndSignByteForByte) {
  const auto images = test::readImages(test::readFixture("pixels", "transforms"));
  const test::Json fixture = test::readFixture("augment", "transforms");
  for (const test::Json& line : fixture["lines"].list()) {
    const AugmentOperation operation = kOperations.at(line["operation"].text());
    const TestImage& image = images.at(line["image"].text());
    const auto interpolation =
        line["interpolation"].text() == "bilinear" ? Interpolation::kBilinear : Interpolation::kNearest;
    int bin = 0;
    for (const std::string& expected : test::parseWords(line["digests"].text())) {
      const double magnitude =
          magnitudeOf(kSpaces.at(line["space"].text()), operation, bin, kBins, image.size);
      const Augmentation augmentation{operation, magnitude * static_cast<double>(line["sign"].integer())};
      EXPECT_EQ(augmented(image, augmentation, interpolation).digest(), expected)
          << line["space"].text() << " " << line["operation"].text() << " of " << line["image"].text() << ", "
          << line["interpolation"].text() << ", bin " << bin << ", sign " << line["sign"].integer();
      ++bin;
    }
    EXPECT_EQ(bin, isSigned(operation) || operation == AugmentOperation::kPosterize ||
                           operation == AugmentOperation::kSolarize
                       ? kBins
                       : 1);
  }
}

TEST(Augment, MagnitudesEqualTorchvisionsToTheBit) {
  const test::Json fixture = test::readFixture("magnitudes", "transforms");
  for (const auto& [key, operations] : fixture.object()) {
    const std::size_t space = key.find(' ');
    const int bins = std::stoi(key.substr(space));
    EXPECT_EQ(operations.object().size(), kAugmentOperations);
    for (const auto& [name, text] : operations.object()) {
      int bin = 0;
      for (const double expected : test::parseNumbers(text.text())) {
        EXPECT_EQ(magnitudeOf(kSpaces.at(key.substr(0, space)), kOperations.at(name), bin, bins, {500, 333}),
                  expected)
            << key << " " << name << " bin " << bin;
        ++bin;
      }
    }
  }
}

}  // namespace
}  // namespace torchwing
