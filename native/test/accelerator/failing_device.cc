#include "test/accelerator/failing_device.h"

#include <c10/util/Exception.h>

#include <atomic>

namespace torchwing::simulated {
namespace {

std::atomic<std::int64_t> made{0};
std::atomic<std::int64_t> fails_at{0};  ///< 0: never
std::atomic<bool> has_failed{false};

constexpr std::int32_t kIllegalAddress = 700;  // cudaErrorIllegalAddress

}  // namespace

void FailingDevice::failAt(std::int64_t call) {
  fails_at = made + call;
}

void FailingDevice::repair() {
  fails_at = 0;
  has_failed = false;
}

bool FailingDevice::failed() {
  return has_failed;
}

std::int64_t FailingDevice::calls() {
  return made;
}

void FailingDevice::call() {
  if (++made == fails_at) has_failed = true;
  require();
}

void FailingDevice::require() {
  if (!has_failed) return;
  throw c10::AcceleratorError({__func__, __FILE__, static_cast<std::uint32_t>(__LINE__)}, kIllegalAddress,
                              "CUDA error: an illegal memory access was encountered");
}

}  // namespace torchwing::simulated
