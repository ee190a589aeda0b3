#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace torchwing {

/// The compute thread of one Node environment: the only thread of that environment that touches LibTorch.
/// Two first-in-first-out lanes. kLong holds phases of an epoch; kShort everything else. A running long job
/// serves the short lane between two steps (serveShortLane, waitFor), so a prediction during a fit waits one
/// step. Jobs must not throw and must not wait for another job; they own what they use.
class Executor {
 public:
  enum class Lane { kShort, kLong };
  using Job = std::function<void()>;

  /// `on_thread_start` runs first on the new thread (thread counts, names), `on_thread_end` last, when no job
  /// is left.
  explicit Executor(Job on_thread_start = {}, Job on_thread_end = {});
  /// shutdown().
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Any thread. Returns false once shutdown() began; the job is then destroyed by the caller's thread.
  bool post(Lane lane, Job job);
  /// Compute thread, inside a long job: runs every short job queued at the moment of the call.
  void serveShortLane();
  /// Compute thread, inside a long job: serves the short lane until `ready()` holds or shutdown begins.
  /// One condition variable serves batches, short jobs and stop; whoever makes `ready` true calls wake().
  void waitFor(const std::function<bool()>& ready);
  /// Any thread.
  void wake();
  /// Any thread but the compute thread. Refuses new jobs, lets the running one end (its stop flag is the
  /// caller's business), destroys the queued ones on the compute thread, joins. Idempotent.
  void shutdown();
  bool shuttingDown() const;

 private:
  void run();
  /// Takes the front job with `lock` held, runs and destroys it without.
  void runFrontOfShortLane(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> short_lane_;
  std::deque<Job> long_lane_;
  bool stopping_ = false;
  bool woken_ = false;
  std::mutex join_mutex_;
  const Job on_thread_start_;
  const Job on_thread_end_;
  std::thread thread_;
};

}  // namespace torchwing
