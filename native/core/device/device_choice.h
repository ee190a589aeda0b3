#pragma once

#include <c10/core/Device.h>

#include <string>

namespace torchwing {

/// Whether this process can compute on CUDA, and if not, which part is missing.
struct CudaStatus {
  bool available = false;
  std::string why_not;  ///< empty when available
  std::string cure;     ///< what to do about it; empty when available
  int devices = 0;      ///< how many; none of them was touched
};

/// Any thread. What cudaStatus() and chooseDevice() say from here on, in this process, when CUDA is not
/// there: whoever maps libtorch_cuda, or leaves it out, knows why better than LibTorch does.
void explainCudaAbsence(std::string why_not, std::string cure);

/// Compute thread. The first call decides for the process: libtorch_cuda must be mapped before it, if ever.
CudaStatus cudaStatus();

/// "auto" (CUDA when available), "cpu", "cuda" or "cuda:<index>". Throws Error CUDA_UNAVAILABLE with the
/// cause, or INVALID_CONFIG for any other text.
c10::Device chooseDevice(const std::string& name);

}  // namespace torchwing
