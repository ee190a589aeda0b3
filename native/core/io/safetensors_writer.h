#pragma once

#include <string>

#include "core/model/named_tensor.h"

namespace torchwing {

/// writeWeights for safetensors. The header names the tensors in their order; their bytes follow by
/// descending size of element, so that each is aligned. `__metadata__` has `format: pt` and the record.
void writeSafetensors(const std::string& path, const StateDict& tensors, const std::string& record);

}  // namespace torchwing
