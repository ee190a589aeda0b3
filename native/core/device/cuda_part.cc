#include "core/device/cuda_part.h"

#include <dlfcn.h>
#include <unistd.h>

#include <memory>

#include "core/device/device_graph.h"

namespace torchwing {
namespace {

constexpr const char* kMakeGraph = "torchwing_make_cuda_graph";

/// The dynamic linker's words for its last failure.
std::string linkerReason() {
  const char* reason = dlerror();
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace

void openCudaPart(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    explainNoDeviceGraphs(c10::kCUDA,
                          "torchwing was built without its CUDA part (\"" + path + "\" is not there)");
    return;
  }
  // Never closed: graphs hold its code.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    explainNoDeviceGraphs(c10::kCUDA, "the CUDA part cannot be opened: " + linkerReason());
    return;
  }
  const auto make = reinterpret_cast<DeviceGraph* (*)()>(dlsym(library, kMakeGraph));
  if (make == nullptr) {
    explainNoDeviceGraphs(c10::kCUDA, "the CUDA part makes none: " + linkerReason());
    return;
  }
  registerDeviceGraphs(c10::kCUDA, [make] { return std::unique_ptr<DeviceGraph>(make()); });
}

}  // namespace torchwing
