#include "core/data/jpeg_encode.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE and size_t first.
#include <jpeglib.h>

#include <memory>
#include <string>

#include "core/error.h"

namespace torchwing {
namespace {

struct Session {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  ~Session() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
};

[[noreturn]] void onError(j_common_ptr info) {
  auto* session = static_cast<Session*>(info->client_data);
  info->err->format_message(info, session->message);
  std::longjmp(session->escape, 1);
}

/// Left by longjmp on an error; holds nothing with a destructor.
bool compress(Session& session, const std::uint8_t* rgb, int width, int height, int quality) {
  jpeg_compress_struct& info = session.info;
  info.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = onError;
  info.client_data = &session;
  if (setjmp(session.escape) != 0) return false;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &session.bytes, &session.size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(rgb + std::size_t{info.next_scanline} * info.image_width * 3);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

}  // namespace

std::vector<std::uint8_t> encodeJpeg(const std::uint8_t* rgb, int width, int height, int quality) {
  if (width < 1 || height < 1 || width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
    throw Error("INVALID_ARGUMENT", "Invalid image size: received " + std::to_string(width) + " x " +
                                        std::to_string(height) + ", expected 1 to 65500 pixels a side.");
  }
  Session session;
  if (!compress(session, rgb, width, height, quality)) throw Error("NATIVE", session.message);
  return {session.bytes, session.bytes + session.size};
}

}  // namespace torchwing
