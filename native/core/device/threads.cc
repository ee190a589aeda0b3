#include "core/device/threads.h"

#include <ATen/Parallel.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <mutex>
#include <string>

#include "core/error.h"

namespace torchwing {
namespace {

// at::set_num_threads is process-wide, so its owner is too.
std::mutex threads_mutex;
int threads_in_force = 0;

int affinityThreads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// CPUs that the cgroup's quota amounts to, rounded up; 0 without a quota.
int quotaThreads() {
  double quota = 0, period = 0;
  std::string text;
  if (std::ifstream file("/sys/fs/cgroup/cpu.max"); file >> text >> period) {
    if (text != "max") quota = std::stod(text);
  } else {
    std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) return 0;
  }
  return quota > 0 && period > 0 ? static_cast<int>(std::ceil(quota / period)) : 0;
}

}  // namespace

int grantedThreads() {
  const int quota = quotaThreads();
  const int affinity = affinityThreads();
  return std::max(1, quota > 0 ? std::min(quota, affinity) : affinity);
}

int setThreads(int threads) {
  std::lock_guard lock(threads_mutex);
  if (threads_in_force == 0) {
    threads_in_force = threads > 0 ? threads : grantedThreads();
  } else if (threads > 0 && threads != threads_in_force) {
    throw Error(
        "THREADS_CONFLICT",
        "Invalid value for \"threads\": received " + std::to_string(threads) + ", expected " +
            std::to_string(threads_in_force) + ", which this process uses already.",
        "LibTorch has one thread count per process: leave \"threads\" at 'auto', or use another process.");
  }
  // OpenMP keeps a count per thread, and this compute thread may be older than the decision.
  at::set_num_threads(threads_in_force);
  return threads_in_force;
}

int threadsInForce() {
  std::lock_guard lock(threads_mutex);
  return threads_in_force;
}

void applyThreadsHere() {
  const int threads = threadsInForce();
  at::set_num_threads(threads > 0 ? threads : grantedThreads());
}

void yieldToOthersHere() {
  // A quarter of a busy core: enough to get on beside threads that compute all the time.
  constexpr int kNiceness = 5;
  // Failing only means that the thread stays as it was.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
}

}  // namespace torchwing
