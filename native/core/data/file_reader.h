#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace torchwing {

/// Reads a regular file into `bytes`, reusing its memory. Never blocks on a FIFO or device and never maps the
/// file: a mapped file that shrinks kills the process. Throws Error IMAGE_READ, naming path and reason, or
/// IMAGE_TOO_LARGE above `limit` bytes.
void readFile(const std::string& path, std::int64_t limit, std::vector<std::uint8_t>& bytes);

}  // namespace torchwing
