#include "cuda_driver.h"

#include <dlfcn.h>

namespace torchwing {
namespace {

/// One call of the driver's C interface, whose functions all return 0 or an error code.
template <class... Arguments>
bool call(void* library, const char* name, std::string& error, Arguments... arguments) {
  auto* function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library, name));
  if (function == nullptr) {
    error = std::string("libcuda.so.1 has no ") + name;
    return false;
  }
  const int code = function(arguments...);
  if (code == 0) return true;
  error = std::string(name) + " failed with code " + std::to_string(code);
  return false;
}

}  // namespace

CudaDriver probeCudaDriver() {
  CudaDriver driver;
  // Never unloaded: libtorch_cuda uses it next, and drivers do not survive being unloaded.
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    driver.error = "no NVIDIA driver is installed (libcuda.so.1 was not found)";
    return driver;
  }
  const bool counted = call(library, "cuInit", driver.error, 0U) &&
                       call(library, "cuDriverGetVersion", driver.error, &driver.version) &&
                       call(library, "cuDeviceGetCount", driver.error, &driver.devices);
  for (int index = 0; counted && index < driver.devices; ++index) {
    int device = 0;
    char name[256] = "";
    if (!call(library, "cuDeviceGet", driver.error, &device, index)) break;
    if (!call(library, "cuDeviceGetName", driver.error, &name[0], static_cast<int>(sizeof(name)), device))
      break;
    driver.names.emplace_back(name);
  }
  return driver;
}

}  // namespace torchwing
