#include "core/device/device_choice.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/util/Exception.h>

#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/first_line.h"

namespace torchwing {
namespace {

constexpr const char* kLibTorchCure =
    "See that `nvidia-smi` lists the device and that no other process holds it, update the NVIDIA driver, or "
    "set LIBTORCH to a build that supports the device.";

/// Process-wide, as the mapping of libtorch_cuda is.
struct Absence {
  std::mutex mutex;
  std::string why_not;
  std::string cure;
};

Absence& absence() {
  static Absence absence;
  return absence;
}

/// Keeps the first line of what LibTorch warns of while it counts devices: the only place where it says why
/// there are none.
class FirstWarning : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    if (text.empty()) text = firstLine(warning.msg());
  }

  std::string text;
};

/// LibTorch counts once in a process, and warns then or never.
const CudaStatus& libtorchStatus() {
  static const CudaStatus status = [] {
    CudaStatus found;
    found.cure = kLibTorchCure;
    FirstWarning warning;
    const c10::WarningUtils::WarningHandlerGuard guard(&warning);
    try {
      // hasCUDA() counts the devices; without libtorch_cuda it is false. Counting is all that is done with
      // them: any question to one would open a context there, for as long as the process lives.
      found.devices = at::globalContext().hasCUDA() ? at::accelerator::deviceCount() : 0;
    } catch (const c10::Error& error) {
      warning.text = firstLine(error.what_without_backtrace());
    }
    found.available = found.devices > 0;
    if (found.available) {
      found.cure.clear();
    } else {
      found.why_not = std::string("LibTorch's CUDA runtime counts no device that it can use, ") +
                      (warning.text.empty() ? "and gives no reason" : "saying \"" + warning.text + "\"");
    }
    return found;
  }();
  return status;
}

bool parseIndex(const std::string& text, int& index) {
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string::npos)
    return false;
  index = std::stoi(text);
  return true;
}

}  // namespace

void explainCudaAbsence(std::string why_not, std::string cure) {
  const std::lock_guard lock(absence().mutex);
  absence().why_not = std::move(why_not);
  absence().cure = std::move(cure);
}

CudaStatus cudaStatus() {
  CudaStatus status = libtorchStatus();
  if (status.available) return status;
  const std::lock_guard lock(absence().mutex);
  if (absence().why_not.empty()) return status;
  status.why_not = absence().why_not;
  status.cure = absence().cure;
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
    throw Error("CUDA_UNAVAILABLE", "The device \"" + name + "\" cannot be used: " + status.why_not + ".",
                status.cure);
  }
  if (index >= status.devices) {
    throw Error("CUDA_UNAVAILABLE", "The device \"" + name + "\" cannot be used: this machine has " +
                                        std::to_string(status.devices) + " CUDA device(s).");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace torchwing
