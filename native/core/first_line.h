#pragma once

#include <string>
#include <string_view>

namespace torchwing {

/// What LibTorch says without the explanations and stack traces that follow it.
inline std::string firstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace torchwing
