#include "core/device/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

namespace torchwing {
namespace {

/// Null where nothing is counted. c10::getDeviceAllocator() throws there.
c10::DeviceAllocator* countingAllocator(c10::Device device) {
  if (device.is_cpu()) return nullptr;
  auto* const allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  return allocator != nullptr && allocator->initialized() ? allocator : nullptr;
}

c10::DeviceIndex indexOf(c10::Device device) {
  return device.has_index() ? device.index() : c10::DeviceIndex{0};
}

}  // namespace

std::optional<DeviceMemory> deviceMemory(c10::Device device) {
  c10::DeviceAllocator* const allocator = countingAllocator(device);
  if (allocator == nullptr) return std::nullopt;
  const auto stats = allocator->getDeviceStats(indexOf(device));
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto& allocated = stats.allocated_bytes[kAll];
  const auto& reserved = stats.reserved_bytes[kAll];
  return DeviceMemory{allocated.current, allocated.peak, reserved.current, reserved.peak};
}

void resetPeakMemory(c10::Device device) {
  c10::DeviceAllocator* const allocator = countingAllocator(device);
  if (allocator != nullptr) allocator->resetPeakStats(indexOf(device));
}

std::optional<DeviceRoom> deviceRoom(c10::Device device) {
  c10::DeviceAllocator* const allocator = countingAllocator(device);
  if (allocator == nullptr) return std::nullopt;
  try {
    const auto [free, total] = allocator->getMemoryInfo(indexOf(device));
    return DeviceRoom{static_cast<std::int64_t>(free), static_cast<std::int64_t>(total)};
  } catch (const c10::Error&) {
    return std::nullopt;  // an accelerator that cannot tell
  }
}

}  // namespace torchwing
