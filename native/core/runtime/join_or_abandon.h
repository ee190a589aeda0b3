#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace torchwing {

/// Ends threads that may be stuck in the kernel, on a disk that does not answer. `alive` tells, under the
/// mutex of `lock`, whether one still runs, and each that ends notifies `changed`. Joins them all when they
/// end within a second, and otherwise leaves them all behind: what they touch must live as long as they do.
/// Unlocks. Returns whether they ended.
template <class Alive>
bool joinOrAbandon(std::vector<std::thread>& threads, std::unique_lock<std::mutex>& lock,
                   std::condition_variable& changed, const Alive& alive) {
  constexpr std::chrono::seconds kPatience{1};
  const bool ended = changed.wait_for(lock, kPatience, [&] { return !alive(); });
  lock.unlock();
  for (std::thread& thread : threads) {
    if (ended) {
      thread.join();
    } else {
      thread.detach();
    }
  }
  return ended;
}

}  // namespace torchwing
