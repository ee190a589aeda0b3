// A region of a JPEG file holds the pixels of the whole image, in every sampling that libjpeg writes.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE and size_t first.
#include <jpeglib.h>

#include <cstring>
#include <random>

#include "core/data/decoder.h"
#include "core/error.h"

namespace torchwing {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Form {
  const char* name;
  int components;  ///< 1 grey, 3 YCbCr, 4 CMYK
  int horizontal, vertical;
  bool progressive;
  unsigned restart_rows;
};

void PrintTo(const Form& form, std::ostream* out) {
  *out << form.name;
}

constexpr Size kSize{211, 173};  // no multiple of any block size

Bytes draw(const Form& form) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = kSize.width;
  info.image_height = kSize.height;
  info.input_components = form.components;
  info.in_color_space = form.components == 1 ? JCS_GRAYSCALE : form.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 92, TRUE);
  info.comp_info[0].h_samp_factor = form.horizontal;
  info.comp_info[0].v_samp_factor = form.vertical;
  if (form.progressive) jpeg_simple_progression(&info);
  info.restart_in_rows = static_cast<int>(form.restart_rows);
  jpeg_start_compress(&info, TRUE);
  std::mt19937 random(5);
  Bytes row(static_cast<std::size_t>(kSize.width * form.components));
  while (info.next_scanline < info.image_height) {
    for (std::uint8_t& value : row) value = static_cast<std::uint8_t>(random());
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes bytes(memory, memory + size);
  std::free(memory);  // jpeg_mem_dest's, by malloc
  return bytes;
}

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

class JpegRegion : public testing::TestWithParam<Form> {};

TEST_P(JpegRegion, HoldsThePixelsOfTheWholeImage) {
  const Bytes bytes = draw(GetParam());
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
  Bytes bytes = draw(GetParam());
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
  Bytes bytes = draw(GetParam());
  bytes.insert(bytes.end(), 1000, 0x20);
  Decoder decoder({});
  Image whole, part;
  decoder.decode(bytes, "drawn", whole);
  const Rectangle wanted{3, 5, 17, 19};
  expectSamePixels(decoder.decodeRegion(bytes, "drawn", {[&](Size) { return wanted; }, {}}, part), whole,
                   wanted);
}

INSTANTIATE_TEST_SUITE_P(Forms, JpegRegion,
                         testing::Values(Form{"grey", 1, 1, 1, false, 0}, Form{"4:4:4", 3, 1, 1, false, 0},
                                         Form{"4:2:2", 3, 2, 1, false, 0}, Form{"4:2:0", 3, 2, 2, false, 0},
                                         Form{"4:4:0", 3, 1, 2, false, 0}, Form{"4:1:1", 3, 4, 1, false, 0},
                                         Form{"4:1:0", 3, 4, 2, false, 0}, Form{"CMYK", 4, 1, 1, false, 0},
                                         Form{"4:2:0 with restarts", 3, 2, 2, false, 1},
                                         Form{"4:2:2 with restarts", 3, 2, 1, false, 3},
                                         Form{"grey, progressive", 1, 1, 1, true, 0},
                                         Form{"4:4:4, progressive", 3, 1, 1, true, 0},
                                         Form{"4:2:0, progressive", 3, 2, 2, true, 0},
                                         Form{"4:4:0, progressive", 3, 1, 2, true, 0}));

}  // namespace
}  // namespace torchwing
