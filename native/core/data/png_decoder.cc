#include "core/data/png_decoder.h"

#include <png.h>

#include <cstdio>
#include <cstring>
#include <new>

#include "core/data/decoder.h"

namespace torchwing {
namespace {

/// The encoded bytes and what the C callbacks of libpng share with the decoder.
struct Session {
  std::span<const std::uint8_t> bytes;
  std::size_t position = 0;
  char message[128] = "";
};

[[noreturn]] void onError(png_structp png, png_const_charp message) {
  auto* session = static_cast<Session*>(png_get_error_ptr(png));
  std::snprintf(session->message, sizeof(session->message), "%s", message);
  png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}  // Pillow's decoder ignores them as well

void onRead(png_structp png, png_bytep target, std::size_t count) {
  auto* session = static_cast<Session*>(png_get_io_ptr(png));
  if (count > session->bytes.size() - session->position) png_error(png, "the file is truncated");
  std::memcpy(target, session->bytes.data() + session->position, count);
  session->position += count;
}

png_voidp onMalloc(png_structp png, png_alloc_size_t bytes) {
  return static_cast<DecoderMemory*>(png_get_mem_ptr(png))->take(bytes);
}

void onFree(png_structp png, png_voidp block) {
  static_cast<DecoderMemory*>(png_get_mem_ptr(png))->giveBack(block);
}

/// Owns libpng's two structures, which lie in `memory`.
class Reader {
 public:
  Reader(Session& session, DecoderMemory& memory)
      : png_(png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &session, onError, onWarning, &memory, onMalloc,
                                      onFree)),
        info_(png_ != nullptr ? png_create_info_struct(png_) : nullptr) {}
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  png_structp png() const noexcept { return png_; }
  png_infop info() const noexcept { return info_; }
  bool valid() const noexcept { return info_ != nullptr; }

 private:
  png_structp png_;
  png_infop info_;
};

// The functions that libpng may leave by longjmp hold nothing with a destructor.

bool readHeader(png_structp png, png_infop info, Session& session, const DecodeLimits& limits) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, &session, onRead);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);  // requirePixels() says it better
  png_set_chunk_malloc_max(png, static_cast<png_alloc_size_t>(limits.decoder_bytes));
  png_read_info(png, info);
  return true;
}

bool isGray16(png_structp png, png_infop info) {
  return png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) == 16;
}

/// Rows of RGB bytes, or of big-endian 16-bit grey.
bool readPixels(png_structp png, png_infop info, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  if (!isGray16(png, info)) {
    png_set_strip_16(png);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

/// Each big-endian 16-bit value to three equal bytes, clipped at 255.
void clipGray16(std::uint8_t* row, const std::uint8_t* gray, int width) {
  for (int x = 0; x < width; ++x) {
    const std::uint8_t value = gray[2 * x] != 0 ? 255 : gray[2 * x + 1];
    std::memset(row + std::size_t{3} * static_cast<std::size_t>(x), value, 3);
  }
}

}  // namespace

void PngDecoder::decode(std::span<const std::uint8_t> bytes, const std::string& name,
                        const DecodeLimits& limits, Image& image) {
  memory_.begin(limits.decoder_bytes);
  Session session{bytes};
  const Reader reader(session, memory_);
  const auto fail = [&] {
    if (memory_.limitPassed()) failDecoderBytes(name, limits);
    if (memory_.systemRefused()) throw std::bad_alloc();
    failDecode(name, session.message);
  };
  if (!reader.valid() || !readHeader(reader.png(), reader.info(), session, limits)) fail();
  const std::int64_t width = png_get_image_width(reader.png(), reader.info());
  const std::int64_t height = png_get_image_height(reader.png(), reader.info());
  requirePixels(name, width, height, limits);
  image.reset(static_cast<int>(width), static_cast<int>(height));

  const bool gray16 = isGray16(reader.png(), reader.info());
  if (gray16) gray16_.resize(static_cast<std::size_t>(width * height * 2));
  rows_.resize(static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    rows_[static_cast<std::size_t>(y)] =
        gray16 ? gray16_.data() + static_cast<std::size_t>(y * width * 2) : image.row(y);
  }
  if (!readPixels(reader.png(), reader.info(), rows_.data())) fail();
  if (!gray16) return;
  for (int y = 0; y < height; ++y)
    clipGray16(image.row(y), rows_[static_cast<std::size_t>(y)], image.width());
}

}  // namespace torchwing
