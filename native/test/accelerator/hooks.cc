#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/DeviceType.h>

#include "test/accelerator/memory.h"
#include "test/accelerator/pinned_memory.h"
#include "test/accelerator/streams.h"

namespace torchwing::simulated {
namespace {

/// What LibTorch asks of whichever accelerator there is.
struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  at::Device getDeviceFromPtr(void*) const override { return device(); }
  bool isPinnedPtr(const void* data) const override { return PinnedMemory::instance().holds(data); }
  at::Allocator* getPinnedMemoryAllocator() const override { return &PinnedMemory::instance(); }
};

/// Before main(), as a backend's library does when it is mapped.
[[maybe_unused]] const bool registered = [] {
  c10::register_privateuse1_backend("simulated");
  c10::SetAllocator(kType, &Memory::instance());
  at::setHostAllocator(kType, &PinnedMemory::instance());
  at::RegisterPrivateUse1HooksInterface(new Hooks());
  return true;
}();

}  // namespace
}  // namespace torchwing::simulated
