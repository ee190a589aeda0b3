#include "core/data/image_format.h"

#include <algorithm>
#include <array>

namespace torchwing {
namespace {

using namespace std::string_view_literals;

/// Classic and big TIFF of either byte order; Pillow also takes two headers with their number the wrong way
/// round.
constexpr std::array kTiffMagics{"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv, "II\0*"sv, "MM*\0"sv};

}  // namespace

bool startsWith(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()), magic.size()) == magic;
}

std::string_view imageFormat(std::span<const std::uint8_t> bytes) {
  if (startsWith(bytes, "\xFF\xD8\xFF")) return "JPEG";
  if (startsWith(bytes, "\x89PNG\r\n\x1A\n")) return "PNG";
  if (startsWith(bytes, "GIF8")) return "GIF";
  if (startsWith(bytes, "BM")) return "BMP";
  if (std::any_of(kTiffMagics.begin(), kTiffMagics.end(),
                  [&](std::string_view magic) { return startsWith(bytes, magic); }))
    return "TIFF";
  if (startsWith(bytes, "RIFF") && bytes.size() >= 12 && startsWith(bytes.subspan(8), "WEBP")) return "WebP";
  if (bytes.size() >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') return "PNM";
  return {};
}

}  // namespace torchwing
