#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <optional>

namespace torchwing {

/// What an accelerator's caching allocator holds for this process, in bytes; the names are torch.cuda's.
struct DeviceMemory {
  std::int64_t allocated = 0;      ///< in tensors
  std::int64_t max_allocated = 0;  ///< the most of it since resetPeakMemory()
  std::int64_t reserved = 0;       ///< taken from the device: tensors, and blocks that are kept for later
  std::int64_t max_reserved = 0;
};

/// Nothing for the CPU, and for an accelerator whose allocator does not count. The host's own books: the
/// device is not waited for.
std::optional<DeviceMemory> deviceMemory(c10::Device device);

/// From here on the most is that of what comes. For the whole process, as the figures are.
void resetPeakMemory(c10::Device device);

struct DeviceRoom {
  std::int64_t free = 0;  ///< to every process; what the allocator keeps for later is not in it
  std::int64_t total = 0;
};

/// As the device's own library tells it; nothing where it does not, and for the CPU.
std::optional<DeviceRoom> deviceRoom(c10::Device device);

}  // namespace torchwing
