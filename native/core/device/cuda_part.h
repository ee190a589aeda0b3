#pragma once

#include <string>

namespace torchwing {

/// Opens torchwing_cuda.lt<minor>.so, the part of torchwing that links libtorch_cuda, and takes what it
/// offers: CUDA graphs. libtorch_cuda must be mapped, and is found by its soname. A part that is not there,
/// or cannot be opened, is remembered as the reason why devices have no graphs; nothing is thrown, since
/// nothing else needs it. Any thread.
void openCudaPart(const std::string& path);

}  // namespace torchwing
