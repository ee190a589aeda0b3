#include "core/device/device_choice.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/CachingDeviceAllocator.h>

#include "core/error.h"

namespace torchwing {
namespace {

std::string whyNoCuda() {
  if (!at::globalContext().hasCUDA()) {
    return "LibTorch's CUDA half is not loaded: this LibTorch is a CPU build, or no NVIDIA driver with a "
           "device was "
           "found when it was loaded";
  }
  return "the CUDA build of LibTorch is loaded, but it sees no device";
}

bool parseIndex(const std::string& text, int& index) {
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string::npos)
    return false;
  index = std::stoi(text);
  return true;
}

}  // namespace

CudaStatus cudaStatus() {
  CudaStatus status;
  const int count = at::globalContext().hasCUDA() ? at::accelerator::deviceCount() : 0;
  if (count == 0) {
    status.why_not = whyNoCuda();
    return status;
  }
  status.available = true;
  for (int index = 0; index < count; ++index) {
    CudaDevice device{index, 0};
    device.total_memory = static_cast<std::int64_t>(c10::getDeviceAllocator(c10::DeviceType::CUDA)
                                                        ->getMemoryInfo(static_cast<c10::DeviceIndex>(index))
                                                        .second);
    status.devices.push_back(device);
  }
  return status;
}

c10::Device chooseDevice(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  int index = 0;
  const bool cuda = name == "cuda" || (name.starts_with("cuda:") && parseIndex(name.substr(5), index));
  if (!cuda && name != "auto") {
    throw Error("INVALID_CONFIG", "Invalid value for \"device\": received \"" + name +
                                      "\", expected auto, cpu, cuda or cuda:<index>.");
  }
  const CudaStatus status = cudaStatus();
  if (name == "auto") return status.available ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  if (!status.available) {
    throw Error("CUDA_UNAVAILABLE", "Device \"" + name + "\" cannot be used: " + status.why_not + ".",
                "Run `npx torchwing doctor`; it says what is missing and how to get it.");
  }
  if (index >= static_cast<int>(status.devices.size())) {
    throw Error("CUDA_UNAVAILABLE", "Device \"" + name + "\" cannot be used: this machine has " +
                                        std::to_string(status.devices.size()) + " CUDA device(s).");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace torchwing
