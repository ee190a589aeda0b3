#include "core/data/webp_decoder.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>
#include <memory>
#include <new>

#include "core/data/decoder.h"

namespace torchwing {
namespace {

/// What a lossless image, or the alpha beside a lossy one, is unpacked to: four bytes a pixel and the
/// transforms.
constexpr std::int64_t kLosslessBytes = 5;

std::string reasonOf(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "the file is truncated";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "it uses a feature that libwebp does not support";
    default:
      return "its WebP data is damaged (status " + std::to_string(status) + ")";
  }
}

/// Whether the file is shorter than its RIFF header says.
bool isTruncated(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 12) return true;
  std::uint64_t size = 0;
  for (std::size_t i = 4; i-- > 0;) size = size << 8 | bytes[4 + i];
  return size + 8 > bytes.size();
}

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;

}  // namespace

void decodeWebp(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
                Image& image) {
  const WebPData data{bytes.data(), bytes.size()};
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
  if (demuxer == nullptr)
    failDecode(name, isTruncated(bytes) ? "the file is truncated" : "its WebP chunks are damaged");
  const std::int64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const std::int64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  requirePixels(name, width, height, limits);
  requireDecoderBytes(name, width * height * kLosslessBytes, limits);

  WebPIterator frame{};
  const std::unique_ptr<WebPIterator, void (*)(WebPIterator*)> release(&frame, WebPDemuxReleaseIterator);
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) == 0) failDecode(name, "it holds no image");
  image.reset(static_cast<int>(width), static_cast<int>(height));
  if (frame.x_offset < 0 || frame.y_offset < 0 || frame.x_offset + std::int64_t{frame.width} > width ||
      frame.y_offset + std::int64_t{frame.height} > height)
    failDecode(name, "its first frame reaches beyond the canvas");
  // What the frame leaves free of the canvas is transparent black.
  if (frame.width != width || frame.height != height)
    std::memset(image.data(), 0, image.stride() * static_cast<std::size_t>(height));

  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) failDecode(name, "libwebp is of another version");
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba =
      image.row(frame.y_offset) + std::size_t{3} * static_cast<std::size_t>(frame.x_offset);
  config.output.u.RGBA.stride = static_cast<int>(image.stride());
  config.output.u.RGBA.size = image.stride() * static_cast<std::size_t>(frame.height - 1) +
                              std::size_t{3} * static_cast<std::size_t>(frame.width);
  const VP8StatusCode status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) failDecode(name, reasonOf(status));
}

}  // namespace torchwing
