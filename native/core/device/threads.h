#pragma once

namespace torchwing {

/// CPU threads that this process may use: its affinity mask, bounded by the CPU quota of its cgroup (version
/// 2 or 1), rounded up; at least 1.
int grantedThreads();

/// LibTorch's thread count, process-wide: the first caller fixes it. 0 takes what is set, or
/// grantedThreads(). Returns the count in force. Throws Error THREADS_CONFLICT when another count is set
/// already.
int setThreads(int threads);

/// The count in force, or 0 before the first setThreads().
int threadsInForce();

/// Each compute thread, before its first job: its own OpenMP count is the one in force, or grantedThreads().
void applyThreadsHere();

/// Lowers the priority of the calling thread below those that compute, as far as the system lets one thread
/// have its own (Linux does).
void yieldToOthersHere();

}  // namespace torchwing
