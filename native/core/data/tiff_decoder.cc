#include "core/data/tiff_decoder.h"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/data/decoder.h"
#include "core/data/orientation.h"
#include "core/data/tiff_layout.h"
#include "core/data/tiff_pixels.h"

namespace torchwing {
namespace {

/// A file in memory, in the form that libtiff asks for, and what it last complained of.
struct Session {
  std::span<const std::uint8_t> bytes;
  std::uint64_t position = 0;
  char message[256] = "";
};

Session& sessionOf(thandle_t handle) {
  return *static_cast<Session*>(handle);
}

tmsize_t onRead(thandle_t handle, void* target, tmsize_t count) {
  Session& session = sessionOf(handle);
  if (count < 0 || session.position >= session.bytes.size()) return 0;
  const auto part =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(count), session.bytes.size() - session.position);
  std::memcpy(target, session.bytes.data() + session.position, part);
  session.position += part;
  return static_cast<tmsize_t>(part);
}

tmsize_t onWrite(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t onSeek(thandle_t handle, toff_t offset, int whence) {
  Session& session = sessionOf(handle);
  const std::uint64_t from = whence == SEEK_CUR   ? session.position
                             : whence == SEEK_END ? session.bytes.size()
                                                  : 0;
  return session.position = from + offset;
}

toff_t onSize(thandle_t handle) {
  return sessionOf(handle).bytes.size();
}

int onClose(thandle_t) {
  return 0;
}

/// libtiff reads strips straight from the file's memory; it writes to none that was opened for reading.
int onMap(thandle_t handle, void** base, toff_t* size) {
  *base = const_cast<std::uint8_t*>(sessionOf(handle).bytes.data());
  *size = sessionOf(handle).bytes.size();
  return 1;
}

void onUnmap(thandle_t, void*, toff_t) {}

/// The first complaint is the cause.
int onError(TIFF*, void* user, const char*, const char* format, std::va_list arguments) {
  Session& session = sessionOf(user);
  if (session.message[0] == '\0') std::vsnprintf(session.message, sizeof(session.message), format, arguments);
  return 1;
}

int onWarning(TIFF*, void*, const char*, const char*, std::va_list) {
  return 1;  // Pillow's decoder ignores them as well
}

using File = std::unique_ptr<TIFF, void (*)(TIFF*)>;

/// Handlers and the bound on memory belong to this one file: nothing of libtiff that all threads share is
/// touched.
File open(Session& session, const DecodeLimits& limits) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), onError, &session);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), onWarning, &session);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(limits.decoder_bytes));
  return {TIFFClientOpenExt("image", "r", &session, onRead, onWrite, onSeek, onClose, onSize, onMap, onUnmap,
                            options.get()),
          TIFFClose};
}

std::string reasonOf(const Session& session) {
  const std::string message = session.message;
  if (message.empty()) return "its TIFF data are damaged";
  // libtiff has no word for it: it "read 12 bytes, expected 40".
  for (const char* sign :
       {"Can not read", "got ", "Not enough data", "Read error", "end of file", "eof", "EOF"}) {
    if (message.find(sign) != std::string::npos) return "the file is truncated (" + message + ")";
  }
  return message;
}

/// One strip or tile of the page, a piece that libtiff unpacks at once.
class Pieces {
 public:
  Pieces(TIFF* file, const TiffLayout& layout, const std::string& name, const DecodeLimits& limits)
      : file_(file), layout_(layout), tiled_(TIFFIsTiled(file) != 0) {
    std::uint32_t width = static_cast<std::uint32_t>(layout.width),
                  height = static_cast<std::uint32_t>(layout.height);
    if (tiled_) {
      width = height = 0;
      TIFFGetField(file, TIFFTAG_TILEWIDTH, &width);
      TIFFGetField(file, TIFFTAG_TILELENGTH, &height);
      if (width == 0 || height == 0) failDecode(name, "its tiles are 0 pixels wide or high");
      requirePixels(name, width, height, limits);  // libtiff unpacks a tile as a whole
    } else {
      std::uint32_t rows = height;
      TIFFGetField(file, TIFFTAG_ROWSPERSTRIP, &rows);
      height = std::clamp<std::uint32_t>(rows, 1, height);
    }
    this->width = width;
    this->height = height;
    const bool converted = layout.color == TiffLayout::Color::kLibTiff;
    row_bytes_ = converted ? this->width * 4 : layout.rowBytes(this->width);
    const std::uint64_t unpacked = tiled_ ? TIFFTileSize64(file) : TIFFStripSize64(file);
    const std::int64_t taken = row_bytes_ * this->height;
    // For a conversion libtiff keeps the samples and the result.
    requireDecoderBytes(name, converted ? taken * 3 : taken * layout.planes(), limits);
    if (!converted && unpacked > static_cast<std::uint64_t>(taken))
      failDecode(name, "its strips or tiles are larger than its pixels");
    bytes_.resize(static_cast<std::size_t>(taken * layout.planes()));
  }

  std::int64_t width = 0;
  std::int64_t height = 0;

  /// Unpacks the piece at a pixel; false when libtiff cannot.
  bool read(std::int64_t left, std::int64_t top) {
    if (layout_.color == TiffLayout::Color::kLibTiff) return readConverted(left, top);
    for (int plane = 0; plane < layout_.planes(); ++plane) {
      const auto x = static_cast<std::uint32_t>(left), y = static_cast<std::uint32_t>(top);
      const auto sample = static_cast<std::uint16_t>(plane);
      std::uint8_t* target = bytes_.data() + planeBytes() * plane;
      const tmsize_t got =
          tiled_ ? TIFFReadEncodedTile(file_, TIFFComputeTile(file_, x, y, 0, sample), target, planeBytes())
                 : TIFFReadEncodedStrip(file_, TIFFComputeStrip(file_, y, sample), target, planeBytes());
      if (got < 0) return false;
    }
    return true;
  }

  std::array<const std::uint8_t*, 4> row(std::int64_t y) const {
    std::array<const std::uint8_t*, 4> planes{};
    for (int plane = 0; plane < layout_.planes(); ++plane)
      planes[static_cast<std::size_t>(plane)] = bytes_.data() + planeBytes() * plane + row_bytes_ * y;
    return planes;
  }

 private:
  std::int64_t planeBytes() const { return row_bytes_ * height; }

  /// RGBA by libtiff, from the top row down.
  bool readConverted(std::int64_t left, std::int64_t top) {
    TIFFRGBAImage image;
    char message[1024] = "";
    if (TIFFRGBAImageBegin(&image, file_, 1, message) == 0) return false;
    image.req_orientation = ORIENTATION_TOPLEFT;
    image.row_offset = static_cast<int>(top);
    image.col_offset = static_cast<int>(left);
    const std::int64_t columns = std::min(width, layout_.width - left),
                       rows = std::min(height, layout_.height - top);
    std::vector<std::uint32_t> raster(static_cast<std::size_t>(columns * rows));
    const int done = TIFFRGBAImageGet(&image, raster.data(), static_cast<std::uint32_t>(columns),
                                      static_cast<std::uint32_t>(rows));
    TIFFRGBAImageEnd(&image);
    if (done == 0) return false;
    for (std::int64_t y = 0; y < rows; ++y)
      std::memcpy(bytes_.data() + row_bytes_ * y, raster.data() + columns * y,
                  static_cast<std::size_t>(columns) * 4);
    return true;
  }

  TIFF* file_;
  const TiffLayout& layout_;
  bool tiled_;
  std::int64_t row_bytes_ = 0;
  std::vector<std::uint8_t> bytes_;  ///< plane after plane
};

}  // namespace

void decodeTiff(std::span<const std::uint8_t> bytes, const std::string& name, const DecodeLimits& limits,
                Image& image) {
  Session session{bytes};
  const File file = open(session, limits);
  if (file == nullptr) failDecode(name, reasonOf(session));
  TiffLayout layout = readTiffLayout(file.get(), name);
  if (layout.color == TiffLayout::Color::kLibTiff) layout.samples = 4, layout.separate_planes = false;
  requirePixels(name, layout.width, layout.height, limits);
  Pieces pieces(file.get(), layout, name, limits);
  image.reset(static_cast<int>(layout.width), static_cast<int>(layout.height));
  for (std::int64_t top = 0; top < layout.height; top += pieces.height) {
    for (std::int64_t left = 0; left < layout.width; left += pieces.width) {
      if (!pieces.read(left, top)) failDecode(name, reasonOf(session));
      const std::int64_t columns = std::min(pieces.width, layout.width - left);
      for (std::int64_t y = 0; y < std::min(pieces.height, layout.height - top); ++y)
        writeTiffRow(layout, pieces.row(y), columns, image.row(static_cast<int>(top + y)) + left * 3);
    }
  }
  if (layout.orientation == 1) return;
  Image stored;
  std::swap(stored, image);
  applyOrientation(stored.view(), layout.orientation, image);
}

}  // namespace torchwing
