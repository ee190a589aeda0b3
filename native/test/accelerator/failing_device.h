#pragma once

#include <cstdint>

namespace torchwing::simulated {

/// Faults of the device itself, as CUDA has them. A fault is for the rest of the process: every later call of
/// the driver throws the same c10::AcceleratorError, and so does giving memory back that a stream other than
/// its own has used, or page-locked memory that was copied, because the allocators ask the driver for an
/// event then; where memory is given back nobody can catch it.
class FailingDevice {
 public:
  /// At one call of the driver from here on, the first being 1.
  static void failAt(std::int64_t call);
  /// The device as another process would find it. Memory that could not be given back stays lost.
  static void repair();
  static bool failed();

  /// Calls of the driver since the program began.
  static std::int64_t calls();
  /// One more of them. Throws when the device has failed.
  static void call();
  /// What the driver is asked for by an allocator: not counted. Throws likewise.
  static void require();
};

}  // namespace torchwing::simulated
