#pragma once

#include <string>
#include <string_view>

namespace torchwing {

/// Text that came out of a file, for a one-line message: in double quotes, unprintable bytes as \xNN, at most
/// 120 bytes of it.
std::string printable(std::string_view text);

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool isUtf8(std::string_view text);

}  // namespace torchwing
