#include "core/runtime/executor.h"

#include <utility>

namespace torchwing {

Executor::Executor(Job on_thread_start, Job on_thread_end)
    : on_thread_start_(std::move(on_thread_start)),
      on_thread_end_(std::move(on_thread_end)),
      thread_([this] { run(); }) {}

Executor::~Executor() {
  shutdown();
}

bool Executor::post(Lane lane, Job job) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    (lane == Lane::kShort ? short_lane_ : long_lane_).push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

void Executor::run() {
  if (on_thread_start_) on_thread_start_();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !short_lane_.empty() || !long_lane_.empty(); });
    if (stopping_) break;
    std::deque<Job>& lane = short_lane_.empty() ? long_lane_ : short_lane_;
    Job job = std::move(lane.front());
    lane.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what the job owned is released here, on the compute thread
    lock.lock();
  }
  // Queued jobs own LibTorch objects, so they too are destroyed on this thread.
  std::deque<Job> dropped_short = std::move(short_lane_);
  std::deque<Job> dropped_long = std::move(long_lane_);
  short_lane_.clear();
  long_lane_.clear();
  lock.unlock();
  dropped_short.clear();
  dropped_long.clear();
  if (on_thread_end_) on_thread_end_();
}

void Executor::serveShortLane() {
  std::unique_lock lock(mutex_);
  std::size_t queued = short_lane_.size();
  while (queued-- > 0 && !stopping_) runFrontOfShortLane(lock);
}

void Executor::waitFor(const std::function<bool()>& ready) {
  std::unique_lock lock(mutex_);
  for (;;) {
    woken_ = false;
    lock.unlock();
    const bool done = ready();
    lock.lock();
    if (done || stopping_) return;
    // A wake() between ready() and here left woken_ set, so it is not lost.
    changed_.wait(lock, [this] { return stopping_ || woken_ || !short_lane_.empty(); });
    while (!short_lane_.empty() && !stopping_) runFrontOfShortLane(lock);
  }
}

void Executor::runFrontOfShortLane(std::unique_lock<std::mutex>& lock) {
  Job job = std::move(short_lane_.front());
  short_lane_.pop_front();
  lock.unlock();
  job();
  job = nullptr;
  lock.lock();
}

void Executor::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Executor::shutdown() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  // Two threads may shut down at once (a cleanup hook and an exit listener); the second waits for the first.
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

bool Executor::shuttingDown() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

}  // namespace torchwing
