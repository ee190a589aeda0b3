#include "core/data/loader_state.h"

#include <algorithm>
#include <new>
#include <optional>

#include "core/data/order.h"
#include "core/data/sample_maker.h"
#include "core/error.h"
#include "core/out_of_memory.h"

namespace torchwing {
namespace {

void add(LoaderCosts& sum, const LoaderCosts& costs) {
  sum.read += costs.read;
  sum.decode += costs.decode;
  sum.resize += costs.resize;
  sum.other_transforms += costs.other_transforms;
  sum.images += costs.images;
  sum.cache_hits += costs.cache_hits;
}

}  // namespace

Loader::Shared::Shared(LoaderOptions given)
    : options(std::move(given)),
      pipeline(options.transforms, options.resize),
      cache(options.samples.size(), options.cache_bytes),
      under_way(static_cast<std::size_t>(workerCount())) {
  if (options.batch_size < 1) {
    throw Error("INVALID_CONFIG", "Invalid value for \"batchSize\": received " +
                                      std::to_string(options.batch_size) + ", expected an integer >= 1.");
  }
  const int slots = workerCount() + std::max(1, options.prefetch_batches);
  for (int i = 0; i < slots; ++i) {
    try {
      ring.emplace_back(static_cast<std::size_t>(options.batch_size), pipeline.imageBytes());
    } catch (const std::bad_alloc&) {
      const auto images = static_cast<std::int64_t>(options.batch_size);
      throw OutOfMemory(
          "Memory ran out for the " + std::to_string(slots) + " batches of " +
              std::to_string(options.batch_size) + " images, " + std::to_string(pipeline.imageBytes()) +
              " bytes each, that the loader keeps ready.",
          "Lower the batch size (--batch-size), the image size or the number of workers (--workers).",
          {.asked = images * static_cast<std::int64_t>(pipeline.imageBytes()), .batch_size = images});
    }
    Batch& batch = ring.back().batch();
    batch.form = pipeline.form();
    batch.height = pipeline.outputSize().height;
    batch.width = pipeline.outputSize().width;
  }
  alive = workerCount();
}

int Loader::Shared::workerCount() const noexcept {
  return std::max(1, options.workers);
}

std::int64_t Loader::Shared::steps() const noexcept {
  const auto count = static_cast<std::int64_t>(options.samples.size());
  return options.drop_last ? count / options.batch_size
                           : (count + options.batch_size - 1) / options.batch_size;
}

bool Loader::Shared::nextReady() const {
  return next_step >= end_step || ring[static_cast<std::size_t>(next_step) % ring.size()].complete();
}

void Loader::Shared::abandonEpoch() {
  generation += 1;
  end_step = take_step = next_step = 0;
  take_position = 0;
}

void Loader::Shared::beginEpoch(std::int64_t new_epoch, std::int64_t start_step) {
  epoch = new_epoch;
  order =
      epochOrder(options.seed, new_epoch, static_cast<std::int64_t>(options.samples.size()), options.shuffle);
  for (RingSlot& slot : ring) slot.free();
  end_step = steps();
  take_step = next_step = std::min(start_step, end_step);
  take_position = 0;
  costs = {};
}

bool Loader::Shared::taskAvailable() {
  return take_step < end_step && (take_position > 0 || !slotOf(take_step).inUse());
}

Loader::Shared::Task Loader::Shared::takeTask() {
  RingSlot& slot = slotOf(take_step);
  if (take_position == 0) {
    const auto first = order.begin() + take_step * options.batch_size;
    const auto left = order.end() - first;
    slot.begin(take_step, first, first + std::min<std::ptrdiff_t>(left, options.batch_size));
  }
  const Task task{&slot, take_position, slot.batch().indices[take_position], epoch};
  take_position += 1;
  if (take_position == slot.batch().indices.size()) {
    take_step += 1;
    take_position = 0;
  }
  return task;
}

void Loader::Shared::work(std::size_t worker) {
  std::optional<SampleMaker> maker;
  std::unique_lock lock(mutex);
  for (;;) {
    work_available.wait(lock, [this] { return stopping || taskAvailable(); });
    if (stopping) break;
    const Task task = takeTask();
    const std::int64_t begun_in = generation;
    working += 1;
    under_way.begin(worker, static_cast<std::size_t>(task.sample));
    lock.unlock();
    LoaderCosts made;
    std::exception_ptr failure;
    try {
      if (!maker) maker.emplace(options, pipeline, cache);
      made = maker->make(task.sample, task.epoch, task.slot->imageTarget(task.position));
    } catch (...) {
      failure = currentFailure(task.sample);  // rethrown by next(), in the order of the batches
    }
    lock.lock();
    working -= 1;
    under_way.end(worker);
    bool notify = generation != begun_in;
    if (!notify) {
      add(costs, made);
      notify = task.slot->finish(task.position, std::move(failure)) && task.slot->batch().step == next_step;
    }
    if (!notify) continue;
    batch_ready.notify_all();
    if (const auto callback = on_ready) {
      lock.unlock();
      callback();
      lock.lock();
    }
  }
  alive -= 1;
  batch_ready.notify_all();
}

std::exception_ptr Loader::Shared::currentFailure(std::int64_t sample) const noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    try {
      return std::make_exception_ptr(OutOfMemory(
          "Memory ran out while image \"" + options.samples[static_cast<std::size_t>(sample)].path +
              "\" was read, for a batch of " + std::to_string(options.batch_size) +
              " images, workers: " + std::to_string(workerCount()) + ".",
          "Lower the number of workers (--workers), the batch size or what is kept decoded "
          "(--cache-decoded).",
          {.batch_size = static_cast<std::int64_t>(options.batch_size)}));
    } catch (...) {
      return std::current_exception();
    }
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace torchwing
