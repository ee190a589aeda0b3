#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace torchwing {

/// One entry of a state_dict. Order is meaning: PyTorch writes and iterates in the order of registration.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
using StateDict = std::vector<NamedTensor>;

}  // namespace torchwing
