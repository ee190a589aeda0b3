// The one source that needs CUDA's headers. A library of its own, because it needs libtorch_cuda, which the
// addon must load without; core/device/cuda_part.cc opens it once libtorch_cuda is mapped.
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <torch/version.h>

#include "core/device/device_graph.h"
#include "cuda/record_graph.h"

namespace torchwing {
namespace {

/// Whether LibTorch's graph tells the allocators of a recording that failed, when it is destroyed.
constexpr bool kGivesBackItself = TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 14;

class CudaGraph : public DeviceGraph {
 public:
  void capture(const std::function<void()>& work) override {
    // Nothing may be under way that a recording stream would have to wait for, and the blocks of the eager
    // steps, which the graph's own pool cannot use, go back to the device before the pool grows.
    c10::cuda::device_synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    at::getHostAllocator(at::kCUDA)->empty_cache();
    // Thread-local: another thread may allocate meanwhile, as another environment's compute thread does. The
    // device's default generator takes part by itself; no step draws from another on the device.
    const auto begin = [this] { graph_.capture_begin(pool_, cudaStreamCaptureModeThreadLocal); };
    recordGraph(graph_, begin, work, [this, device = c10::cuda::current_device()] { giveBack(device); });
  }

  void replay() override { graph_.replay(); }

 private:
  /// Behind a recording that did not end well. An allocator that was not told of its end would ask the graph,
  /// long destroyed, of every allocation to come.
  void giveBack(c10::DeviceIndex device) noexcept {
    if constexpr (kGivesBackItself) return;
    quietly([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool_); });
    quietly([&] { c10::cuda::CUDACachingAllocator::releasePool(device, pool_); });
    quietly([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool_); });
    quietly([&] { at::getHostAllocator(at::kCUDA)->release_pool(pool_); });
  }

  /// An allocator that had been told, or never knew, has nothing left to do.
  template <class Call>
  static void quietly(const Call& call) noexcept {
    try {
      call();
    } catch (const c10::Error&) {
    }
  }

  const at::cuda::MempoolId_t pool_ = at::cuda::graph_pool_handle();
  at::cuda::CUDAGraph graph_{/*keep_graph=*/true};
};

}  // namespace
}  // namespace torchwing

extern "C" __attribute__((visibility("default"))) torchwing::DeviceGraph* torchwing_make_cuda_graph() {
  return new torchwing::CudaGraph();
}
