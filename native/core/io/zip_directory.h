#pragma once

#include <cstdint>

#include "core/io/input_file.h"

namespace torchwing {

/// Where an archive's central directory lies.
struct ZipDirectory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t entries = 0;
};

/// Finds the end record (and the zip64 one before it) and checks that the directory lies in the file, right
/// before it. Throws Error WEIGHTS_FORMAT.
ZipDirectory findZipDirectory(const InputFile& file);

}  // namespace torchwing
