#pragma once

#include <string>
#include <vector>

namespace torchwing {

/// What NVIDIA's driver says of itself, asked without LibTorch, which would remember a 'no' for the whole
/// process.
struct CudaDriver {
  int devices = 0;
  int version = 0;  ///< 1000 * major + 10 * minor of the newest CUDA it supports; 0 without a driver
  std::vector<std::string> names;
  std::string error;  ///< empty, or which call failed with which code
};

CudaDriver probeCudaDriver();

}  // namespace torchwing
