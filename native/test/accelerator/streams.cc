#include "test/accelerator/streams.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <thread>
#include <utility>

namespace torchwing::simulated {
namespace {

thread_local c10::StreamId current_stream = 0;

}  // namespace

StreamQueue::Ticket StreamQueue::enqueue(Job job) {
  const std::lock_guard lock(mutex_);
  if (!recorded_) return push(std::move(job));
  recorded_->push_back(std::move(job));
  return issued_;
}

StreamQueue::Ticket StreamQueue::enqueueNow(Job job) {
  const std::lock_guard lock(mutex_);
  return push(std::move(job));
}

void StreamQueue::beginRecording() {
  const std::lock_guard lock(mutex_);
  recorded_.emplace();
}

std::vector<StreamQueue::Job> StreamQueue::endRecording() {
  const std::lock_guard lock(mutex_);
  std::vector<Job> jobs = std::move(recorded_).value();
  recorded_.reset();
  return jobs;
}

/// With the lock held.
StreamQueue::Ticket StreamQueue::push(Job job) {
  jobs_.push_back(std::move(job));
  if (!std::exchange(started_, true)) std::thread([this] { run(); }).detach();
  if (lateness_ == Lateness::kPrompt) demanded_ = issued_ + 1;
  changed_.notify_all();
  return ++issued_;
}

StreamQueue::Ticket StreamQueue::last() const {
  const std::lock_guard lock(mutex_);
  return issued_;
}

void StreamQueue::demand(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  demanded_ = std::max(demanded_, ticket);
  changed_.notify_all();
}

bool StreamQueue::done(Ticket ticket) const {
  const std::lock_guard lock(mutex_);
  return completed_ >= ticket;
}

void StreamQueue::waitFor(Ticket ticket) {
  std::unique_lock lock(mutex_);
  TORCH_CHECK(!recorded_, "a stream of the simulated device was waited for while it records");
  demanded_ = std::max(demanded_, ticket);
  changed_.notify_all();
  changed_.wait(lock, [&] { return completed_ >= ticket; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void StreamQueue::setLateness(Lateness lateness) {
  const std::lock_guard lock(mutex_);
  lateness_ = lateness;
}

void StreamQueue::run() {
  // The kernels' bits depend on the thread count: the count of the CPU run that they are held against.
  at::set_num_threads(1);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !jobs_.empty() && demanded_ > completed_; });
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    const bool failed = failure_ != nullptr;
    lock.unlock();
    std::exception_ptr failure;
    try {
      if (!failed) job();
    } catch (...) {
      failure = std::current_exception();
    }
    job = nullptr;
    lock.lock();
    if (failure) failure_ = failure;
    ++completed_;
    changed_.notify_all();
  }
}

Streams& Streams::instance() {
  static auto* const streams = new Streams();
  return *streams;
}

c10::StreamId Streams::current() const noexcept {
  return current_stream;
}

c10::StreamId Streams::exchange(c10::StreamId id) noexcept {
  return std::exchange(current_stream, id);
}

c10::StreamId Streams::nextOfPool() {
  const std::lock_guard lock(mutex_);
  pool_ = pool_ % (kCount - 1) + 1;
  return pool_;
}

void Streams::setLateness(Lateness compute, Lateness others) {
  for (StreamQueue& queue : queues_) queue.setLateness(&queue == &queues_.front() ? compute : others);
}

void Streams::drain() {
  for (StreamQueue& queue : queues_) queue.waitFor(queue.last());
}

Mark markOf(c10::StreamId stream) {
  return {stream, Streams::instance().queue(stream).last()};
}

}  // namespace torchwing::simulated
