#include "core/data/jpeg_decoder.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE and size_t first.
#include <jerror.h>
#include <jpeglib.h>

#include <new>
#include <vector>

#include "core/data/decoder.h"
#include "core/data/jpeg_memory.h"
#include "core/data/pillow_pixels.h"
#include "core/error.h"

namespace torchwing {
namespace {

/// What the C callbacks of libjpeg share with the decoder, through jpeg_common_struct::client_data.
struct Session : JpegMemory {
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = "";
  bool truncated = false;
  int scan_limit = 0;
  bool too_many_scans = false;
};

Session& sessionOf(j_common_ptr info) {
  return static_cast<Session&>(*static_cast<JpegMemory*>(info->client_data));
}

[[noreturn]] void onError(j_common_ptr info) {
  Session& session = sessionOf(info);
  info->err->format_message(info, session.message);
  std::longjmp(session.escape, 1);
}

void onMessage(j_common_ptr info, int level) {
  // Pillow raises when the data ends early; libjpeg only warns and fills the rest with grey.
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) sessionOf(info).truncated = true;
}

void onProgress(j_common_ptr info) {
  Session& session = sessionOf(info);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= session.scan_limit) return;
  session.too_many_scans = true;
  std::longjmp(session.escape, 1);
}

/// Adobe's inverted CMYK, as Pillow's raw mode "CMYK;I" has it.
void convertInvertedCmyk(const std::uint8_t* cmyk, std::uint8_t* rgb, unsigned width) {
  const auto ink = [](std::uint8_t inverted) { return static_cast<std::uint8_t>(255 - inverted); };
  for (unsigned x = 0; x < width; ++x, cmyk += 4, rgb += 3)
    writeCmyk(rgb, ink(cmyk[0]), ink(cmyk[1]), ink(cmyk[2]), ink(cmyk[3]));
}

}  // namespace

struct JpegDecoder::State {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  Session session;
  std::vector<std::uint8_t> cmyk_row;
};

namespace {

// The functions that libjpeg may leave by longjmp hold nothing with a destructor.

bool readHeader(jpeg_decompress_struct& info, Session& session, std::span<const std::uint8_t> bytes) {
  if (setjmp(session.escape) != 0) return false;
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  return true;
}

/// Begins to decode and narrows the rows to columns `left` to `left + width`, both made wider to whole
/// blocks.
bool startColumns(jpeg_decompress_struct& info, Session& session, JDIMENSION& left, JDIMENSION& width) {
  if (setjmp(session.escape) != 0) return false;
  jpeg_start_decompress(&info);
  if (width < info.output_width) jpeg_crop_scanline(&info, &left, &width);
  return true;
}

/// Reads rows `top` to `top + height`. libjpeg has read the file to its end only when these reach the last
/// row.
bool readRows(jpeg_decompress_struct& info, Session& session, JDIMENSION top, JDIMENSION height,
              std::uint8_t* pixels, std::uint8_t* cmyk_row) {
  if (setjmp(session.escape) != 0) return false;
  if (top > 0 && jpeg_skip_scanlines(&info, top) != top) return false;
  const std::size_t stride = std::size_t{info.output_width} * 3;
  while (info.output_scanline < top + height) {
    std::uint8_t* row = pixels + stride * (info.output_scanline - top);
    JSAMPROW target = cmyk_row != nullptr ? cmyk_row : row;
    if (jpeg_read_scanlines(&info, &target, 1) != 1) return false;
    if (cmyk_row != nullptr) convertInvertedCmyk(cmyk_row, row, info.output_width);
  }
  if (info.output_scanline == info.output_height) jpeg_finish_decompress(&info);
  return true;
}

/// Whether an end-of-image marker lies in what libjpeg has not read. In coded data 0xFF is never followed by
/// 0xD9, so that a file without one was cut off.
bool endMarkerAhead(const jpeg_decompress_struct& info) {
  const std::uint8_t* const begin = info.src->next_input_byte;
  const std::uint8_t* const end = begin + info.src->bytes_in_buffer;
  for (const std::uint8_t* at = end; at - begin >= 2; --at) {
    if (at[-2] == 0xFF && at[-1] == JPEG_EOI) return true;
  }
  return false;
}

/// Fancy upsampling makes a pixel from chroma samples of its neighbours, so those at the edge of what is
/// decoded differ from those of the whole image. This many pixels suffice for chroma at half the resolution,
/// the only one that libjpeg upsamples that way.
constexpr int kColumnMargin = 4;
/// The same for the rows above, where libjpeg also loses the context of the block row that it skips to. Below
/// none are needed: libjpeg reads on as far as the last row asks.
constexpr int kRowMargin = 2 * DCTSIZE;

/// `wanted` with its margins, inside the image.
Rectangle withMargins(const Rectangle& wanted, Size image) {
  return intersection({wanted.left - kColumnMargin, wanted.top - kRowMargin, wanted.width + 2 * kColumnMargin,
                       wanted.height + kRowMargin},
                      {0, 0, image.width, image.height});
}

/// Ends an image that libjpeg has left by longjmp.
[[noreturn]] void failLeft(const Session& session, const std::string& name, const DecodeLimits& limits) {
  if (session.limitPassed()) failDecoderBytes(name, limits);
  if (session.systemRefused()) throw std::bad_alloc();
  if (session.too_many_scans) {
    throw Error("IMAGE_TOO_LARGE", "Image \"" + name + "\" is too large: it has more than " +
                                       std::to_string(limits.progressive_scans) +
                                       " progressive scans (limits.progressiveScans).");
  }
  failDecode(name, session.truncated ? "the file is truncated" : session.message);
}

}  // namespace

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {
  jpeg_decompress_struct& info = state_->info;
  info.err = jpeg_std_error(&state_->errors);
  state_->errors.error_exit = onError;
  state_->errors.emit_message = onMessage;
  info.client_data = static_cast<JpegMemory*>(&state_->session);
  if (setjmp(state_->session.escape) != 0) throw Error("NATIVE", state_->session.message);
  jpeg_create_decompress(&info);
  state_->session.install(info);
  state_->progress.progress_monitor = onProgress;
  info.progress = &state_->progress;
}

JpegDecoder::~JpegDecoder() {
  jpeg_destroy_decompress(&state_->info);
}

void JpegDecoder::decode(std::span<const std::uint8_t> bytes, const std::string& name,
                         const DecodeLimits& limits, Image& image) {
  const auto whole = [](Size size) { return Rectangle{0, 0, size.width, size.height}; };
  decodeRegion(bytes, name, limits, {whole, {}}, image);
}

ImageRegion JpegDecoder::decodeRegion(std::span<const std::uint8_t> bytes, const std::string& name,
                                      const DecodeLimits& limits, const RegionRequest& wanted, Image& image) {
  // Whatever way this ends, the decoder is ready for the next file.
  const std::unique_ptr<jpeg_decompress_struct, void (*)(jpeg_decompress_struct*)> reset(
      &state_->info, [](jpeg_decompress_struct* used) { jpeg_abort_decompress(used); });
  const Size stored = open(bytes, name, limits);
  const int shrink = wanted.shrink ? wanted.shrink(stored) : 1;
  const Size full = shrinkBy(shrink);
  const Rectangle rectangle = wanted.rectangle(full);
  Rectangle read;
  if (!readWanted(name, limits, full, rectangle, image, read)) {
    jpeg_abort_decompress(&state_->info);
    open(bytes, name, limits);
    shrinkBy(shrink);
    readWanted(name, limits, full, {0, 0, full.width, full.height}, image, read);
  }
  return {full, rectangle, ImageRegion{full, read, image.view()}.crop(rectangle)};
}

Size JpegDecoder::shrinkBy(int factor) {
  jpeg_decompress_struct& info = state_->info;
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(factor);
  const auto shrunk = [&](JDIMENSION side) {
    return static_cast<int>((side + info.scale_denom - 1) / info.scale_denom);
  };
  return {shrunk(info.image_width), shrunk(info.image_height)};
}

Size JpegDecoder::open(std::span<const std::uint8_t> bytes, const std::string& name,
                       const DecodeLimits& limits) {
  jpeg_decompress_struct& info = state_->info;
  Session& session = state_->session;
  session.truncated = session.too_many_scans = false;
  session.scan_limit = limits.progressive_scans;
  session.message[0] = '\0';
  session.begin(limits.decoder_bytes);

  if (!readHeader(info, session, bytes)) failLeft(session, name, limits);
  requirePixels(name, info.image_width, info.image_height, limits);
  if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4) {
    failDecode(name,
               "it has " + std::to_string(info.num_components) + " colour components, expected 1, 3 or 4");
  }
  return {static_cast<int>(info.image_width), static_cast<int>(info.image_height)};
}

bool JpegDecoder::readWanted(const std::string& name, const DecodeLimits& limits, Size full,
                             const Rectangle& wanted, Image& image, Rectangle& read) {
  jpeg_decompress_struct& info = state_->info;
  Session& session = state_->session;
  read = withMargins(wanted, full);
  auto left = static_cast<JDIMENSION>(read.left);
  auto width = static_cast<JDIMENSION>(read.width);
  bool complete = startColumns(info, session, left, width);
  if (complete) {
    read.left = static_cast<int>(left);
    read.width = static_cast<int>(width);
    image.reset(read.width, read.height);
    const bool cmyk = info.num_components == 4;
    if (cmyk) state_->cmyk_row.resize(std::size_t{info.output_width} * 4);
    complete =
        readRows(info, session, static_cast<JDIMENSION>(read.top), static_cast<JDIMENSION>(read.height),
                 image.data(), cmyk ? state_->cmyk_row.data() : nullptr);
  }
  if (!complete || session.truncated) failLeft(session, name, limits);
  const bool to_the_end = info.output_scanline >= info.output_height;
  return to_the_end || jpeg_has_multiple_scans(&info) || endMarkerAhead(info);
}

}  // namespace torchwing
