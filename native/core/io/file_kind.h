#pragma once

#include "core/io/input_file.h"

namespace torchwing {

/// The containers that weights come in.
enum class FileKind { kZip, kLegacy, kSafetensors };

/// Tells a weight file's container by its content. Throws Error WEIGHTS_FORMAT for anything else, saying what
/// it looks like (a Git-LFS pointer, a web page, tar, …) and what to do.
FileKind fileKindOf(const InputFile& file);

}  // namespace torchwing
