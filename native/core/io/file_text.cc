#include "core/io/file_text.h"

#include <cstdint>

namespace torchwing {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char character : text.substr(0, kLongest)) {
    const auto byte = static_cast<std::uint8_t>(character);
    if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      result += character;
    }
  }
  return result + (text.size() > kLongest ? "…\"" : "\"");
}

bool isUtf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    std::size_t following = 0;
    std::uint32_t smallest = 0;
    std::uint32_t code_point = first;
    if (first >= 0xf8 || (first & 0xc0) == 0x80) return false;
    if (first >= 0xf0) {
      following = 3, smallest = 0x10000, code_point = first & 0x07;
    } else if (first >= 0xe0) {
      following = 2, smallest = 0x800, code_point = first & 0x0f;
    } else if (first >= 0xc0) {
      following = 1, smallest = 0x80, code_point = first & 0x1f;
    }
    if (text.size() - i <= following) return false;
    for (std::size_t k = 1; k <= following; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code_point = (code_point << 6) | (next & 0x3f);
    }
    if (code_point < smallest || code_point > 0x10ffff) return false;
    if (code_point >= 0xd800 && code_point <= 0xdfff) return false;
    i += following + 1;
  }
  return true;
}

}  // namespace torchwing
