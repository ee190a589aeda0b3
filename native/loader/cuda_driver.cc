#include "cuda_driver.h"

#include <dlfcn.h>

#include <cstdlib>

#include "libraries.h"

namespace torchwing {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";
// CUdevice_attribute of cuda.h.
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

/// The driver's C interface, whose functions all return 0 or a CUresult. Keeps the first failure.
class Driver {
 public:
  explicit Driver(void* library) : library_(library) {}

  template <class... Arguments>
  bool call(const char* name, Arguments... arguments) {
    auto* function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_, name));
    if (function == nullptr) return fail({name, 0, ""});
    const int code = function(arguments...);
    return code == 0 || fail({name, code, nameOf(code)});
  }

  const std::optional<CudaDriverFailure>& failure() const { return failure_; }

 private:
  bool fail(CudaDriverFailure failure) {
    if (!failure_.has_value()) failure_ = std::move(failure);
    return false;
  }

  std::string nameOf(int code) const {
    auto* function = reinterpret_cast<int (*)(int, const char**)>(dlsym(library_, "cuGetErrorName"));
    const char* name = nullptr;
    if (function == nullptr || function(code, &name) != 0 || name == nullptr) return {};
    return name;
  }

  void* library_;
  std::optional<CudaDriverFailure> failure_;
};

std::optional<CudaDriverDevice> describe(Driver& driver, int index) {
  int device = 0;
  char name[256] = "";
  int major = 0;
  int minor = 0;
  std::size_t total_memory = 0;
  // None of these opens a context on the device, as every question to the CUDA runtime would.
  if (!driver.call("cuDeviceGet", &device, index) ||
      !driver.call("cuDeviceGetName", &name[0], static_cast<int>(sizeof(name)), device) ||
      !driver.call("cuDeviceGetAttribute", &major, kCapabilityMajor, device) ||
      !driver.call("cuDeviceGetAttribute", &minor, kCapabilityMinor, device) ||
      !driver.call("cuDeviceTotalMem_v2", &total_memory, device)) {
    return std::nullopt;
  }
  return CudaDriverDevice{name, std::to_string(major) + "." + std::to_string(minor), total_memory};
}

}  // namespace

CudaDriver probeCudaDriver() {
  CudaDriver found;
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES"); visible != nullptr) {
    found.visible_devices = visible;
  }
  // Never unloaded: libtorch_cuda uses it next, and drivers do not survive being unloaded.
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    found.missing = reason != nullptr ? reason : "unknown reason";
    return found;
  }
  found.library = mappedPath(kLibrary).value_or("");
  Driver driver(library);
  // Answered without cuInit, so it is known of a driver that cannot start too.
  driver.call("cuDriverGetVersion", &found.version);
  int count = 0;
  if (driver.call("cuInit", 0U) && driver.call("cuDeviceGetCount", &count)) {
    for (int index = 0; index < count; ++index) found.devices.push_back(describe(driver, index));
  }
  found.failure = driver.failure();
  return found;
}

}  // namespace torchwing
