#include "core/data/inspect_image.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/data/image_inspection.h"
#include "core/data/jpeg_encode.h"
#include "core/data/perceptual_hash.h"
#include "core/data/sha256.h"
#include "core/error.h"

namespace torchwing {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytesOf(std::string_view text) {
  return {text.begin(), text.end()};
}

/// Soft blobs, so that scaling and compression keep what the picture is.
Image draw(int width, int height, double phase, double brightness = 0) {
  Image image;
  image.reset(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = static_cast<double>(x) / width, v = static_cast<double>(y) / height;
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(
            110 + brightness + 60 * std::sin(9 * u + phase + c) * std::cos(7 * v * (1 + phase)) +
            30 * std::sin(23 * u * v + 3 * phase));
    }
  }
  return image;
}

Bytes jpegOf(double phase, int quality = 90) {
  Image image = draw(160, 120, phase);
  return encodeJpeg(image.data(), 160, 120, quality);
}

int distance(std::uint64_t left, std::uint64_t right) {
  return std::popcount(left ^ right);
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("torchwing-inspect-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The file with an APP1 segment behind its first two bytes.
Bytes withOrientation(const Bytes& jpeg, std::uint8_t orientation) {
  Bytes exif = bytesOf(std::string_view("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25));
  exif.push_back(orientation);
  for (int i = 0; i < 6; ++i) exif.push_back(0);
  const auto length = exif.size() + 2;
  Bytes result;
  result.reserve(jpeg.size() + length + 4);
  for (const std::size_t byte : {0xFFUL, 0xD8UL, 0xFFUL, 0xE1UL, length >> 8, length & 0xFF})
    result.push_back(static_cast<std::uint8_t>(byte));
  result.insert(result.end(), exif.begin(), exif.end());
  result.insert(result.end(), jpeg.begin() + 2, jpeg.end());
  return result;
}

TEST(Sha256, GivesTheExamplesOfTheStandard) {
  EXPECT_EQ(sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256Hex(bytesOf("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256Hex(bytesOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256Hex(Bytes(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(PerceptualHash, StaysNearForTheSamePictureAndIsFarForAnother) {
  const auto hash = perceptualHash(draw(320, 240, 0.5).view());
  ASSERT_TRUE(hash.has_value());
  EXPECT_LE(distance(*hash, *perceptualHash(draw(200, 150, 0.5).view())), 2);
  EXPECT_LE(distance(*hash, *perceptualHash(draw(320, 240, 0.5, 12).view())), 2);
  EXPECT_GE(distance(*hash, *perceptualHash(draw(320, 240, 2.1).view())), 16);
  EXPECT_EQ(std::popcount(*hash), 32);
}

TEST(PerceptualHash, IsNothingForAnEvenImageAndSomethingForATinyOne) {
  Image even;
  even.reset(50, 40);
  std::fill_n(even.data(), 50 * 40 * 3, std::uint8_t{77});
  EXPECT_FALSE(perceptualHash(even.view()).has_value());
  EXPECT_TRUE(perceptualHash(draw(3, 2, 0.5).view()).has_value());
}

TEST(InspectImage, TellsAGoodImage) {
  const Folder folder;
  const Bytes jpeg = jpegOf(0.3);
  const ImageFacts facts = ImageInspector({}).inspect(folder.write("good.png", jpeg));
  EXPECT_EQ(facts.verdict, ImageVerdict::kGood) << facts.message;
  EXPECT_EQ(facts.header.format, "JPEG");
  EXPECT_EQ(facts.header.orientation, 1);
  EXPECT_FALSE(facts.header.cmyk || facts.header.animated);
  EXPECT_EQ(facts.width, 160);
  EXPECT_EQ(facts.height, 120);
  EXPECT_EQ(facts.bytes, static_cast<std::int64_t>(jpeg.size()));
  EXPECT_EQ(facts.sha256, sha256Hex(jpeg));
  EXPECT_EQ(facts.code, "");
}

TEST(InspectImage, GivesEachKindOfBadFileItsVerdict) {
  const Folder folder;
  ImageInspector inspector({});
  const Bytes jpeg = jpegOf(0.3);
  const auto verdict = [&](const Bytes& bytes) {
    return inspector.inspect(folder.write("file.jpg", bytes)).verdict;
  };
  EXPECT_EQ(verdict({}), ImageVerdict::kEmpty);
  EXPECT_EQ(verdict(Bytes(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(jpeg.size() / 2))),
            ImageVerdict::kTruncated);
  EXPECT_EQ(verdict(Bytes(jpeg.begin(), jpeg.begin() + 40)), ImageVerdict::kTruncated);
  EXPECT_EQ(verdict(bytesOf("this is no image")), ImageVerdict::kUnreadable);

  const ImageFacts missing = inspector.inspect("/nowhere/a.jpg");
  EXPECT_EQ(missing.verdict, ImageVerdict::kUnreadable);
  EXPECT_EQ(missing.code, "IMAGE_READ");
  EXPECT_EQ(missing.sha256, "");

  DecodeLimits limits;
  limits.pixels = 160 * 120 - 1;
  const ImageFacts large = ImageInspector(limits).inspect(folder.write("large.jpg", jpeg));
  EXPECT_EQ(large.verdict, ImageVerdict::kTooLarge);
  EXPECT_NE(large.message.find("limits.pixels"), std::string::npos);
}

TEST(ImageHeader, FindsTheOrientationOfExif) {
  for (const int orientation : {1, 3, 6, 8}) {
    const Bytes jpeg = withOrientation(jpegOf(0.3), static_cast<std::uint8_t>(orientation));
    EXPECT_EQ(readImageHeader(jpeg).orientation, orientation);
  }
  EXPECT_EQ(readImageHeader(withOrientation(jpegOf(0.3), 9)).orientation, 1);
}

TEST(ImageHeader, ReadsNoByteBeyondAnyPrefix) {
  const Bytes whole = withOrientation(jpegOf(0.3), 6);
  for (std::size_t length = 0; length < 200; ++length) {
    // A buffer of its own, so that AddressSanitizer sees its end.
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_TRUE(readImageHeader(part).end_missing || length < 3) << length;
  }
}

TEST(ImageHeader, TellsFourInksOfAJpegByItsFrame) {
  Bytes jpeg = bytesOf(std::string_view("\xFF\xD8\xFF\xFF\xC2\0\x08\x08\0\x10\0\x10\x04", 13));
  EXPECT_TRUE(readImageHeader(jpeg).cmyk);
  jpeg.back() = 3;
  EXPECT_FALSE(readImageHeader(jpeg).cmyk);
}

TEST(ImageHeader, TellsAnimationAndInks) {
  const Bytes gif = bytesOf(std::string_view("GIF89a\1\0\1\0\0\0\0", 13));
  const Bytes frame = bytesOf(std::string_view(",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0", 15));
  Bytes one = gif, two = gif;
  one.insert(one.end(), frame.begin(), frame.end());
  for (int i = 0; i < 2; ++i) two.insert(two.end(), frame.begin(), frame.end());
  EXPECT_FALSE(readImageHeader(one).animated);
  EXPECT_TRUE(readImageHeader(two).animated);

  const Bytes png =
      bytesOf(std::string_view("\x89PNG\r\n\x1A\n\0\0\0\x08"
                               "acTL\0\0\0\x02\0\0\0\0crc.",
                               28));
  EXPECT_TRUE(readImageHeader(png).animated);
  const std::string_view canvas("RIFF\x2E\0\0\0WEBPVP8X\2\0\0\0\x02\0", 22);
  const std::string_view part("ANMF\0\0\0\0", 8);
  Bytes webp = bytesOf(std::string(canvas) + std::string(part));
  EXPECT_FALSE(readImageHeader(webp).animated);
  webp.insert(webp.end(), part.begin(), part.end());
  EXPECT_TRUE(readImageHeader(webp).animated);
  EXPECT_TRUE(readImageHeader(webp).end_missing);
  const Bytes tiff = bytesOf(std::string_view("II*\0\x08\0\0\0\1\0\x06\1\3\0\1\0\0\0\5\0\0\0\0\0\0\0", 26));
  EXPECT_TRUE(readImageHeader(tiff).cmyk);
  EXPECT_FALSE(readImageHeader(tiff).animated);
  Bytes pages = tiff;
  pages[22] = 8;  // another directory
  EXPECT_TRUE(readImageHeader(pages).animated);
}

TEST(ImageHeader, ReadsTheDirectoryOfABigTiff) {
  const Bytes tiff =
      bytesOf(std::string_view("MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10"
                               "\0\0\0\0\0\0\0\1\1\6\0\3\0\0\0\0\0\0\0\1\0\5\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\x10",
                               52));
  EXPECT_TRUE(readImageHeader(tiff).cmyk);
  EXPECT_TRUE(readImageHeader(tiff).animated);
  EXPECT_FALSE(readImageHeader(tiff).end_missing);
  EXPECT_TRUE(readImageHeader(Bytes(tiff.begin(), tiff.begin() + 20)).end_missing);
}

TEST(ImageInspection, GivesTheFactsInOrderAtAnyNumberOfWorkers) {
  const Folder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 24; ++i)
    paths.push_back(folder.write(std::to_string(i) + ".jpg", i % 5 == 3 ? Bytes{} : jpegOf(0.1 * i)));
  std::vector<std::vector<std::string>> hashes;
  for (const int workers : {1, 3, 40}) {
    ImageInspection inspection(paths, {}, workers);
    const auto facts = inspection.run();
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(inspection.done(), 24);
    EXPECT_TRUE(inspection.underWay(0).empty());
    auto& found = hashes.emplace_back();
    for (std::size_t i = 0; i < facts->size(); ++i) {
      EXPECT_EQ((*facts)[i].verdict, i % 5 == 3 ? ImageVerdict::kEmpty : ImageVerdict::kGood);
      found.push_back((*facts)[i].sha256);
    }
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[0], hashes[2]);
}

TEST(ImageInspection, GivesNothingAfterCancelAndRunsOnce) {
  ImageInspection inspection({"/nowhere/a.jpg"}, {}, 2);
  inspection.cancel();
  EXPECT_FALSE(inspection.run().has_value());
  EXPECT_THROW(inspection.run(), Error);
}

}  // namespace
}  // namespace torchwing
