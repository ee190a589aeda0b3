#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace torchwing {

/// "JPEG", "PNG", "GIF", "BMP", "TIFF", "WebP" or "PNM" by the first bytes, as Pillow's plugins look at them;
/// empty for anything else.
std::string_view imageFormat(std::span<const std::uint8_t> bytes);

bool startsWith(std::span<const std::uint8_t> bytes, std::string_view magic);

}  // namespace torchwing
