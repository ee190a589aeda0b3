#include "core/data/image_inspection.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.h"

namespace torchwing {

std::optional<std::vector<ImageFacts>> ImageInspection::run() {
  if (started_.exchange(true)) throw Error("INVALID_ARGUMENT", "This ImageInspection has run already.");
  std::vector<ImageFacts> facts(paths_.size());
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guarded = [&] {
    try {
      work(facts);
    } catch (...) {  // memory, or a thread's: nothing that a file holds
      cancel();
      const std::lock_guard lock(mutex);
      if (failure == nullptr) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    const auto count = std::min(static_cast<std::size_t>(workers_), paths_.size());
    try {
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back(guarded);
    } catch (const std::system_error&) {
      // The system grants fewer threads: those that began share the work.
    }
    guarded();
  }
  if (failure != nullptr) std::rethrow_exception(failure);
  if (stop_.requested()) return std::nullopt;
  return facts;
}

void ImageInspection::work(std::vector<ImageFacts>& facts) {
  ImageInspector inspector(limits_);
  while (!stop_.requested()) {
    const std::size_t at = next_.fetch_add(1);
    if (at >= paths_.size()) return;
    facts[at] = inspector.inspect(paths_[at]);
    done_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace torchwing
