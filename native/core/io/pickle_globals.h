#pragma once

#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>

#include "core/io/pickle_value.h"

namespace torchwing::pickle {

/// What the global `module.name` means. Throws Error WEIGHTS_UNSUPPORTED for classes of a pickled model,
/// WEIGHTS_UNSAFE for every other name that is not on the closed list.
Value resolveGlobal(std::string_view module, std::string_view name);

/// "FloatStorage" for float32. Throws Error WEIGHTS_UNSUPPORTED for a dtype that weight files do not hold.
std::string storageTypeName(c10::ScalarType dtype);

}  // namespace torchwing::pickle
