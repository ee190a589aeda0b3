#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace torchwing {

/// A device as the driver describes it.
struct CudaDriverDevice {
  std::string name;
  std::string capability;        ///< compute capability, for example "9.0"
  std::size_t total_memory = 0;  ///< bytes
};

/// A call of the driver that did not succeed.
struct CudaDriverFailure {
  std::string call;
  int code = 0;      ///< CUresult; 0 when the library has no such function
  std::string name;  ///< the driver's own name of the code, for example "CUDA_ERROR_NO_DEVICE"; may be empty
};

/// What NVIDIA's driver says of itself, asked without LibTorch, which would remember a 'no' for the whole
/// process.
struct CudaDriver {
  std::string missing;  ///< the dynamic linker's reason when libcuda.so.1 could not be mapped, or empty
  std::string library;  ///< path of the mapped libcuda.so.1, or empty
  int version = 0;      ///< 1000 * major + 10 * minor of the newest CUDA it supports; 0 without a driver
  std::vector<std::optional<CudaDriverDevice>> devices;  ///< by CUDA index; nothing for one that fails
  std::optional<CudaDriverFailure> failure;              ///< the first call that failed
  std::optional<std::string> visible_devices;  ///< CUDA_VISIBLE_DEVICES of the C environment, where set
};

/// Blocking: cuInit takes from milliseconds to seconds, the longer the more devices there are.
CudaDriver probeCudaDriver();

}  // namespace torchwing
