#pragma once

#include <atomic>

namespace torchwing {

/// Asks a running phase to end. Set on any thread, read by the compute thread at every step.
class StopFlag {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_release); }
  void clear() noexcept { requested_.store(false, std::memory_order_release); }
  bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace torchwing
