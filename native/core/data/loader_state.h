#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "core/data/batch_ring.h"
#include "core/data/decoded_cache.h"
#include "core/data/loader.h"
#include "core/data/pipeline.h"

namespace torchwing {

/// Everything that the workers touch. Each of them holds a reference, so one
/// that is left behind stays harmless. All members but the constants are
/// guarded by `mutex`.
struct Loader::Shared {
  /// One image that a worker has taken.
  struct Task {
    RingSlot* slot = nullptr;
    std::size_t position = 0;
    std::int64_t sample = 0;
    std::int64_t epoch = 0;
  };

  explicit Shared(LoaderOptions given);

  int workerCount() const noexcept;
  std::int64_t steps() const noexcept;
  RingSlot& slotOf(std::int64_t step) { return ring[static_cast<std::size_t>(step) % ring.size()]; }
  /// Whether next() has something to return or throw, or the epoch is over.
  bool nextReady() const;
  bool taskAvailable();
  Task takeTask();
  /// Drops what is left of the epoch; next() then returns nullptr.
  void abandonEpoch();
  void beginEpoch(std::int64_t new_epoch, std::int64_t start_step);
  /// The thread of a worker, which has a place of its own in `under_way`.
  void work(std::size_t worker);
  /// What an image failed with, where memory ran out as OUT_OF_MEMORY. In a handler.
  std::exception_ptr currentFailure(std::int64_t sample) const noexcept;

  const LoaderOptions options;
  const Pipeline pipeline;
  DecodedCache cache;  ///< guards itself

  mutable std::mutex mutex;
  std::condition_variable work_available;  ///< for workers
  std::condition_variable batch_ready;     ///< for next(), start() and the destructor
  std::function<void()> on_ready;
  std::vector<RingSlot> ring;
  std::vector<std::int64_t> order;
  std::int64_t generation = 0;  ///< counts epochs begun or abandoned: results of
                                ///< an older one are thrown away
  std::int64_t epoch = 0;
  std::int64_t end_step = 0;      ///< first step behind the epoch; 0 while none runs
  std::int64_t take_step = 0;     ///< batch that the workers take images from
  std::size_t take_position = 0;  ///< next image of it
  std::int64_t next_step = 0;     ///< batch that next() returns next
  int working = 0;                ///< workers inside an image
  ImagesUnderWay under_way;
  int alive = 0;  ///< workers whose thread has not ended
  bool stopping = false;
  LoaderCosts costs;
};

}  // namespace torchwing
