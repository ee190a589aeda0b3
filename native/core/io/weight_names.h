#pragma once

#include <string>

#include "core/io/weight_file.h"

namespace torchwing {

/// Keeps the tensors and module versions whose names begin with `prefix` and takes it off; what was left out
/// goes to the notes. Throws Error WEIGHTS_MISMATCH where no name begins so.
void keepPrefix(WeightFile& file, const std::string& prefix);

/// Takes DataParallel's "module." off where every name begins with it, and notes that.
void stripParallelPrefix(WeightFile& file);

}  // namespace torchwing
