#pragma once

#include "core/io/input_file.h"

namespace torchwing {

/// Returns when the file begins as a zip archive does. Otherwise throws Error WEIGHTS_FORMAT saying what it
/// looks like (a Git-LFS pointer, a web page, safetensors, …) and what to do.
void requireZip(const InputFile& file);

}  // namespace torchwing
