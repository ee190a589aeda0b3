#pragma once

#include <string>

#include "core/model/named_tensor.h"

namespace torchwing {

/// writeWeights for the zip form of .pth.
void writePth(const std::string& path, const StateDict& tensors, const std::string& record);

}  // namespace torchwing
