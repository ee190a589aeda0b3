#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace torchwing::simulated {

inline constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;
inline c10::Device device() {
  return c10::Device(kType, 0);
}

/// When a stream runs what is queued on it. kOnDemand: only as far as somebody waits for it, host or stream,
/// so that whoever forgets to wait finds the work undone, every time. kPrompt: as soon as it can.
enum class Lateness { kPrompt, kOnDemand };

/// The work of one stream, run in order on a thread of its own. All methods: any thread.
class StreamQueue {
 public:
  /// Counts the jobs of one queue from 1; 0 is done from the beginning.
  using Ticket = std::uint64_t;

  using Job = std::function<void()>;

  Ticket enqueue(Job job);
  /// The same, past a recording.
  Ticket enqueueNow(Job job);
  /// From here on jobs are kept, in order, instead of being run, and nobody may wait for the queue.
  void beginRecording();
  /// Hands out what was kept.
  std::vector<Job> endRecording();
  Ticket last() const;
  /// Lets the queue run up to and with this job.
  void demand(Ticket ticket);
  bool done(Ticket ticket) const;
  /// Demands it and blocks. Rethrows, once, what a job threw; the jobs after that one were passed over.
  void waitFor(Ticket ticket);
  void setLateness(Lateness lateness);

 private:
  void run();
  Ticket push(Job job);

  mutable std::mutex mutex_;
  std::optional<std::vector<Job>> recorded_;  ///< set while it records
  std::condition_variable changed_;
  bool started_ = false;  ///< the thread, by the first job
  std::deque<std::function<void()>> jobs_;
  Ticket issued_ = 0;
  Ticket demanded_ = 0;
  Ticket completed_ = 0;
  Lateness lateness_ = Lateness::kOnDemand;
  std::exception_ptr failure_;
};

/// The device's streams: the default one, and as many in the pool as anybody asks for at once.
class Streams {
 public:
  static constexpr c10::StreamId kCount = 9;

  /// Never destroyed: its threads outlive main().
  static Streams& instance();

  StreamQueue& queue(c10::StreamId id) { return queues_.at(static_cast<std::size_t>(id)); }
  /// Of the calling thread.
  c10::StreamId current() const noexcept;
  c10::StreamId exchange(c10::StreamId id) noexcept;
  c10::StreamId nextOfPool();
  /// Of the default stream, on which a step computes, and of all others.
  void setLateness(Lateness compute, Lateness others);
  /// Waits for everything, and counts as nothing: for tests.
  void drain();

  static c10::Stream stream(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, device(), id); }

 private:
  std::array<StreamQueue, kCount> queues_;
  std::mutex mutex_;
  c10::StreamId pool_ = 0;
};

/// Queues `job` on the calling thread's current stream.
inline StreamQueue::Ticket queueHere(std::function<void()> job) {
  Streams& streams = Streams::instance();
  return streams.queue(streams.current()).enqueue(std::move(job));
}

/// A point in a stream's work, as c10::Event records it.
struct Mark {
  c10::StreamId stream = 0;
  StreamQueue::Ticket ticket = 0;

  bool done() const { return Streams::instance().queue(stream).done(ticket); }
};

/// The point that the stream's work has come to.
Mark markOf(c10::StreamId stream);

}  // namespace torchwing::simulated
