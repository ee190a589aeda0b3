#pragma once

#include "core/io/input_file.h"
#include "core/io/weight_file.h"

namespace torchwing {

/// Whether the file begins as safetensors does: a length below 2^48, then `{`.
bool recognizesSafetensors(const InputFile& file);

/// Reads a safetensors file, each tensor straight into its own memory. Notes a file that its metadata says
/// was written for another framework. Throws Error WEIGHTS_FORMAT or WEIGHTS_UNSUPPORTED, without the file's
/// name.
WeightFile readSafetensors(const InputFile& file);

}  // namespace torchwing
