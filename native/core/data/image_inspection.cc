#include "core/data/image_inspection.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/runtime/join_or_abandon.h"
#include "core/runtime/stop_flag.h"

namespace torchwing {

/// Everything that the threads touch. Each of them holds a reference, so one that is left behind stays
/// harmless.
struct ImageInspection::Shared {
  Shared(std::vector<std::string> given, const DecodeLimits& limits, int workers)
      : paths(std::move(given)),
        limits(limits),
        workers(workers),
        facts(paths.size()),
        under_way(static_cast<std::size_t>(workers)) {}

  void cancel() noexcept {
    {
      const std::lock_guard lock(mutex);
      stop.request();
    }
    changed.notify_all();
  }

  /// A thread's, which has a place of its own in `under_way`.
  void work(std::size_t worker) noexcept {
    try {
      ImageInspector inspector(limits);
      while (!stop.requested()) {
        const std::size_t at = next.fetch_add(1);
        if (at >= paths.size()) break;
        {
          const std::lock_guard lock(mutex);
          under_way.begin(worker, at);
        }
        facts[at] = inspector.inspect(paths[at]);
        done.fetch_add(1, std::memory_order_relaxed);
      }
    } catch (...) {  // memory: nothing that a file holds
      const std::lock_guard lock(mutex);
      stop.request();
      if (failure == nullptr) failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    under_way.end(worker);
    alive -= 1;
    changed.notify_all();
  }

  const std::vector<std::string> paths;
  const DecodeLimits limits;
  const int workers;
  StopFlag stop;
  std::atomic<bool> started{false};
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> done{0};
  std::vector<ImageFacts> facts;  ///< each written by the thread that took its number

  mutable std::mutex mutex;  ///< guards what follows
  ImagesUnderWay under_way;
  std::condition_variable changed;
  std::exception_ptr failure;
  std::size_t alive = 0;  ///< threads that have not ended
};

ImageInspection::ImageInspection(std::vector<std::string> paths, const DecodeLimits& limits, int workers)
    : shared_(std::make_shared<Shared>(std::move(paths), limits, workers)) {}

void ImageInspection::cancel() noexcept {
  shared_->cancel();
}

std::int64_t ImageInspection::done() const noexcept {
  return shared_->done.load(std::memory_order_relaxed);
}

std::vector<ImageUnderWay> ImageInspection::underWay(double seconds) const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->under_way.list(seconds, [this](std::size_t at) { return shared_->paths[at]; });
}

std::optional<std::vector<ImageFacts>> ImageInspection::run() {
  Shared& shared = *shared_;
  if (shared.started.exchange(true)) throw Error("INVALID_ARGUMENT", "This ImageInspection has run already.");
  const auto count = std::min(static_cast<std::size_t>(shared.workers), shared.paths.size());
  std::unique_lock lock(shared.mutex);
  std::vector<std::thread> threads;
  try {
    for (; shared.alive < count; ++shared.alive) {
      threads.emplace_back([own = shared_, worker = shared.alive] { own->work(worker); });
    }
  } catch (const std::system_error&) {
    // The system grants fewer threads: those that began share the work.
    if (threads.empty()) throw;
  }
  shared.changed.wait(lock, [&] { return shared.alive == 0 || shared.stop.requested(); });
  if (!joinOrAbandon(threads, lock, shared.changed, [&] { return shared.alive > 0; })) return std::nullopt;
  if (shared.failure != nullptr) std::rethrow_exception(shared.failure);
  if (shared.stop.requested()) return std::nullopt;
  return std::move(shared.facts);
}

}  // namespace torchwing
