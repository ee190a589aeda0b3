#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace torchwing {

/// SHA-256 of FIPS 180-4, as 64 lower-case hex digits.
std::string sha256Hex(std::span<const std::uint8_t> bytes);

}  // namespace torchwing
