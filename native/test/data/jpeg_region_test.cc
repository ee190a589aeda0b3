// A region of a JPEG file holds the pixels of the whole image, in every sampling that libjpeg writes.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "core/data/decoder.h"
#include "core/error.h"
#include "drawn_files.h"

namespace torchwing {
namespace {

constexpr Size kSize{211, 173};  // no multiple of any block size

void expectSamePixels(const ImageRegion& region, const Image& whole, const Rectangle& wanted) {
  ASSERT_EQ(region.full, (Size{whole.width(), whole.height()}));
  const ImageView got = region.crop(wanted);
  const ImageView expected = whole.view().crop(wanted.left, wanted.top, wanted.width, wanted.height);
  for (int y = 0; y < wanted.height; ++y) {
    ASSERT_EQ(0, std::memcmp(got.row(y), expected.row(y), static_cast<std::size_t>(wanted.width) * 3))
        << "row " << y << " of " << wanted.width << " x " << wanted.height << " at " << wanted.left << ", "
        << wanted.top;
  }
}

class JpegRegion : public testing::TestWithParam<JpegForm> {};

TEST_P(JpegRegion, HoldsThePixelsOfTheWholeImage) {
  const Bytes bytes = drawJpeg(GetParam(), kSize);
  Decoder decoder({});
  Image whole, part;
  decoder.decode(bytes, "drawn", whole);
  std::mt19937 random(7);
  const auto below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  for (int round = 0; round < 120; ++round) {
    Rectangle wanted{below(kSize.width), below(kSize.height), 0, 0};
    wanted.width = 1 + below(kSize.width - wanted.left);
    wanted.height = 1 + below(kSize.height - wanted.top);
    expectSamePixels(decoder.decodeRegion(bytes, "drawn", {[&](Size) { return wanted; }, {}}, part), whole,
                     wanted);
  }
}

TEST_P(JpegRegion, OfACutOffFileIsRefusedAsTheWholeIs) {
  Bytes bytes = drawJpeg(GetParam(), kSize);
  bytes.resize(bytes.size() * 3 / 4);
  Decoder decoder({});
  Image image;
  for (const Rectangle wanted : {Rectangle{0, 0, 8, 8}, Rectangle{0, 0, kSize.width, kSize.height}}) {
    try {
      decoder.decodeRegion(bytes, "cut.jpg", {[&](Size) { return wanted; }, {}}, image);
      FAIL() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "IMAGE_DECODE");
      EXPECT_NE(std::string(error.what()).find("cut.jpg\": the file is truncated"), std::string::npos)
          << error.what();
    }
  }
}

TEST_P(JpegRegion, OfAFileWithBytesBehindItsEndIsRead) {
  Bytes bytes = drawJpeg(GetParam(), kSize);
  bytes.insert(bytes.end(), 1000, 0x20);
  Decoder decoder({});
  Image whole, part;
  decoder.decode(bytes, "drawn", whole);
  const Rectangle wanted{3, 5, 17, 19};
  expectSamePixels(decoder.decodeRegion(bytes, "drawn", {[&](Size) { return wanted; }, {}}, part), whole,
                   wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, JpegRegion,
    testing::Values(JpegForm{"grey", 1, 1, 1, false, 0}, JpegForm{"4:4:4", 3, 1, 1, false, 0},
                    JpegForm{"4:2:2", 3, 2, 1, false, 0}, JpegForm{"4:2:0", 3, 2, 2, false, 0},
                    JpegForm{"4:4:0", 3, 1, 2, false, 0}, JpegForm{"4:1:1", 3, 4, 1, false, 0},
                    JpegForm{"4:1:0", 3, 4, 2, false, 0}, JpegForm{"CMYK", 4, 1, 1, false, 0},
                    JpegForm{"4:2:0 with restarts", 3, 2, 2, false, 1},
                    JpegForm{"4:2:2 with restarts", 3, 2, 1, false, 3},
                    JpegForm{"grey, progressive", 1, 1, 1, true, 0},
                    JpegForm{"4:4:4, progressive", 3, 1, 1, true, 0},
                    JpegForm{"4:2:0, progressive", 3, 2, 2, true, 0},
                    JpegForm{"4:4:0, progressive", 3, 1, 2, true, 0}));

}  // namespace
}  // namespace torchwing
