#include "drawn_files.h"

#include <png.h>

#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE and size_t first.
#include <jpeglib.h>

#include <random>
#include <stdexcept>

namespace torchwing {

void PrintTo(const JpegForm& form, std::ostream* out) {
  *out << form.name;
}

Bytes drawJpeg(const JpegForm& form, Size size) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long file_size = 0;
  jpeg_mem_dest(&info, &memory, &file_size);
  info.image_width = static_cast<JDIMENSION>(size.width);
  info.image_height = static_cast<JDIMENSION>(size.height);
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
  Bytes row(static_cast<std::size_t>(size.width * form.components));
  while (info.next_scanline < info.image_height) {
    for (std::uint8_t& value : row) value = static_cast<std::uint8_t>(random());
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes bytes(memory, memory + file_size);
  std::free(memory);  // jpeg_mem_dest's, by malloc
  return bytes;
}

Bytes drawPng(bool gray16, Size size) {
  const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  std::mt19937 random(6);
  std::vector<std::uint32_t> values(gray16 ? (pixels + 1) / 2 : pixels);
  for (std::uint32_t& value : values) value = random();
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(size.width);
  image.height = static_cast<png_uint_32>(size.height);
  image.format = gray16 ? PNG_FORMAT_LINEAR_Y : PNG_FORMAT_RGBA;
  png_alloc_size_t file_size = PNG_IMAGE_PNG_SIZE_MAX(image);
  Bytes bytes(file_size);
  if (png_image_write_to_memory(&image, bytes.data(), &file_size, 0, values.data(), 0, nullptr) == 0) {
    throw std::runtime_error(image.message);
  }
  bytes.resize(file_size);
  return bytes;
}

}  // namespace torchwing
