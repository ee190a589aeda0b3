// Small files that promise large images, of each format: refused from their header, before memory is taken.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <string>
#include <vector>

#include "core/data/decoder.h"
#include "core/data/sample_maker.h"
#include "core/error.h"

namespace torchwing {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Numbers of `width` bytes and texts, one after the other.
class File {
 public:
  File& text(std::string_view part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    return *this;
  }
  File& little(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(byteOf(value, i));
    return *this;
  }
  File& big(std::uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i) bytes_.push_back(byteOf(value, i));
    return *this;
  }
  Bytes take() { return std::move(bytes_); }

 private:
  /// The byte of weight 256^place.
  static std::uint8_t byteOf(std::uint64_t value, int place) {
    return place < 8 ? static_cast<std::uint8_t>(value >> (8 * place)) : 0;
  }

  Bytes bytes_;
};

Bytes bmp(std::uint32_t width, std::uint32_t height, std::uint32_t compression) {
  File file;
  file.text("BM").little(0, 8).little(54, 4).little(40, 4).little(width, 4).little(height, 4);
  file.little(1, 2).little(8, 2).little(compression, 4).little(0, 12).little(1, 4).little(0, 4);
  return file.little(0, 8).take();
}

Bytes jpeg(std::uint32_t width, std::uint32_t height) {
  File file;
  file.text("\xFF\xD8\xFF\xC2").big(17, 2).big(8, 1).big(height, 2).big(width, 2).big(3, 1);
  for (int component = 1; component <= 3; ++component) file.big(component, 1).big(0x11, 1).big(0, 1);
  return file.text(std::string_view("\xFF\xDA\0\x08\1\1\0\0\0\0", 10)).take();
}

/// With the checksum of these sizes.
Bytes png() {
  File file;
  file.text("\x89PNG\r\n\x1A\n").big(13, 4).text("IHDR").big(60000, 4).big(60000, 4);
  return file.text(std::string_view("\x08\x02\0\0\0", 5))
      .big(0xfb0e215, 4)
      .text(std::string_view("\0\0\0\0IDAT", 8))
      .take();
}

Bytes webp(std::uint32_t width, std::uint32_t height) {
  File file;
  file.text("RIFF").little(4 + 8 + 10, 4).text("WEBPVP8L").little(10, 4).text("\x2F");
  return file.little((width - 1) | (height - 1) << 14, 4).little(0, 5).take();
}

struct Entry {
  std::uint16_t tag;
  std::uint32_t value;
};

/// Little-endian, deflate, 8-bit grey; `entries` in ascending order.
Bytes tiff(const std::vector<Entry>& entries) {
  File file;
  file.text(std::string_view("II*\0", 4)).little(8, 4).little(entries.size(), 2);
  for (const Entry& entry : entries)
    file.little(entry.tag, 2).little(4, 2).little(1, 4).little(entry.value, 4);
  return file.little(0, 4).little(0, 32).take();
}

constexpr std::uint16_t kWidth = 256, kLength = 257, kBits = 258, kCompression = 259, kPhotometric = 262,
                        kStripOffset = 273, kRows = 278, kStripBytes = 279, kTileWidth = 322,
                        kTileLength = 323, kTileOffset = 324, kTileBytes = 325;

Bytes tiffStrip(std::uint32_t width, std::uint32_t height) {
  return tiff({{kWidth, width},
               {kLength, height},
               {kBits, 8},
               {kCompression, 8},
               {kPhotometric, 1},
               {kStripOffset, 8},
               {kRows, height},
               {kStripBytes, 16}});
}

Bytes tiffTile(std::uint32_t side) {
  return tiff({{kWidth, 64},
               {kLength, 64},
               {kBits, 8},
               {kCompression, 8},
               {kPhotometric, 1},
               {kTileWidth, side},
               {kTileLength, side},
               {kTileOffset, 8},
               {kTileBytes, 16}});
}

std::string codeOf(const Bytes& bytes, const DecodeLimits& limits = {}) {
  Image image;
  try {
    Decoder(limits).decode(bytes, "bomb", image);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("\"bomb\""), std::string::npos);
    return error.code();
  }
  return "decoded";
}

/// The largest the process has been, in MiB.
long peak() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

TEST(DecodeLimits, RefuseWhatPromisesTooManyPixels) {
  const long before = peak();
  EXPECT_EQ(codeOf(bmp(60000, 60000, 0)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(bmp(60000, 60000, 1)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(bmp(0xFFFFFFFF, 0x7FFFFFFF, 0)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(jpeg(60000, 60000)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(png()), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(webp(16384, 16384)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(tiffStrip(60000, 60000)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(tiffStrip(0xFFFFFFFF, 0xFFFFFFFF)), "IMAGE_DECODE");  // by libtiff
  EXPECT_EQ(codeOf(tiffTile(65536)), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(File().text("P6 60000 60000 255\n").take()), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(File().text("P1 9999999999 9999999999\n").take()), "IMAGE_TOO_LARGE");
  EXPECT_LT(peak() - before, 64);
}

TEST(DecodeLimits, TakeNoMemoryForPixelsThatAFileIsTooShortFor) {
  const long before = peak();
  EXPECT_EQ(codeOf(bmp(9000, 9000, 0)), "IMAGE_DECODE");
  EXPECT_EQ(codeOf(File().text("P6 9000 9000 255\n").take()), "IMAGE_DECODE");
  EXPECT_EQ(codeOf(File().text("P3 9000 9000 65535\n1 2 3").take()), "IMAGE_DECODE");
  EXPECT_EQ(codeOf(File().text("P4 9000 9000\n").take()), "IMAGE_DECODE");
  EXPECT_LT(peak() - before, 64);
}

TEST(DecodeLimits, BoundTheMemoryOfDecoders) {
  DecodeLimits limits;
  limits.decoder_bytes = 1 << 20;
  EXPECT_EQ(codeOf(webp(2000, 2000), limits), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(bmp(2000, 2000, 1), limits), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(tiffStrip(2000, 2000), limits), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(tiffTile(2048), limits), "IMAGE_TOO_LARGE");
  EXPECT_EQ(codeOf(jpeg(2000, 2000), limits), "IMAGE_TOO_LARGE");
}

TEST(DecodeLimits, RefuseANarrowImageThatAResizeWouldMakeHuge) {
  LoaderOptions options;
  File file;
  file.text("P5 1 3000000 255\n");
  for (int i = 0; i < 3'000'000; i += 100) file.text(std::string(100, 'x'));
  options.samples.push_back({"narrow", 0, std::make_shared<Bytes>(file.take())});
  const Pipeline pipeline({transform::Resize{256}, transform::RandomRotation{{0, 0}, {}, false, {}, {}},
                           transform::CenterCrop{8, 8}, transform::ToTensor{}});
  std::vector<std::uint8_t> target(pipeline.imageBytes());
  DecodedCache cache(1, 0);
  try {
    SampleMaker(options, pipeline, cache).make(0, 0, target.data());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "IMAGE_TOO_LARGE");
    EXPECT_NE(std::string(error.what()).find("\"narrow\""), std::string::npos);
  }
  EXPECT_EQ(resizedSize({1, 100'000'000}, 256), (Size{256, kLongestSide}));
}

}  // namespace
}  // namespace torchwing
