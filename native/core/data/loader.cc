#include "core/data/loader.h"

#include <algorithm>
#include <exception>

#include "core/data/loader_state.h"
#include "core/error.h"
#include "core/runtime/join_or_abandon.h"

namespace torchwing {
namespace {

/// Whether an image is to blame, and not the machine.
bool isOfTheImage(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error.code().starts_with("IMAGE_");
  } catch (...) {
    return false;
  }
}

}  // namespace

Loader::Loader(LoaderOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {
  for (int i = 0; i < shared_->workerCount(); ++i) {
    threads_.emplace_back([shared = shared_, worker = static_cast<std::size_t>(i)] { shared->work(worker); });
  }
}

Loader::~Loader() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->generation += 1;
  shared_->on_ready = nullptr;
  shared_->work_available.notify_all();
  joinOrAbandon(threads_, lock, shared_->batch_ready, [this] { return shared_->alive > 0; });
}

std::int64_t Loader::steps() const noexcept {
  return shared_->steps();
}
std::int64_t Loader::sampleCount() const noexcept {
  return static_cast<std::int64_t>(shared_->options.samples.size());
}
std::int64_t Loader::batchSize() const noexcept {
  return std::min(shared_->options.batch_size, sampleCount());
}
BatchForm Loader::form() const noexcept {
  return shared_->pipeline.form();
}
std::int64_t Loader::imageHeight() const noexcept {
  return shared_->pipeline.outputSize().height;
}
std::int64_t Loader::imageWidth() const noexcept {
  return shared_->pipeline.outputSize().width;
}
const NormalizeTable& Loader::table() const {
  return shared_->pipeline.table();
}

void Loader::onReady(std::function<void()> callback) {
  const std::lock_guard lock(shared_->mutex);
  shared_->on_ready = std::move(callback);
}

void Loader::start(std::int64_t epoch, std::int64_t start_step) {
  std::unique_lock lock(shared_->mutex);
  shared_->abandonEpoch();
  // The ring's memory may still be written to by images of the epoch before.
  shared_->batch_ready.wait(lock, [this] { return shared_->working == 0; });
  shared_->beginEpoch(epoch, start_step);
  shared_->work_available.notify_all();
}

bool Loader::ready() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->nextReady();
}

const Batch* Loader::next() {
  std::unique_lock lock(shared_->mutex);
  for (;;) {
    shared_->batch_ready.wait(lock, [this] { return shared_->nextReady(); });
    if (shared_->next_step >= shared_->end_step) return nullptr;
    RingSlot& slot = shared_->slotOf(shared_->next_step);
    const std::exception_ptr failure = slot.firstFailure([this](const std::exception_ptr& found) {
      return !shared_->options.skip_bad_images || !isOfTheImage(found);
    });
    if (failure != nullptr) std::rethrow_exception(failure);
    shared_->next_step += 1;
    const std::vector<std::int64_t> dropped = slot.dropFailed();
    shared_->costs.skipped.insert(shared_->costs.skipped.end(), dropped.begin(), dropped.end());
    Batch& batch = slot.batch();
    batch.size = static_cast<std::int64_t>(batch.indices.size());
    batch.labels.clear();
    for (const std::int64_t index : batch.indices) {
      batch.labels.push_back(shared_->options.samples[static_cast<std::size_t>(index)].label);
    }
    if (batch.size > 0) return &batch;
    slot.free();  // every image of it was left out
    shared_->work_available.notify_all();
  }
}

void Loader::release(const Batch* batch) {
  const std::lock_guard lock(shared_->mutex);
  RingSlot& slot = shared_->slotOf(batch->step);
  if (&slot.batch() == batch) slot.free();
  shared_->work_available.notify_all();
}

void Loader::cancel() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->abandonEpoch();
    callback = shared_->on_ready;
  }
  shared_->batch_ready.notify_all();
  if (callback) callback();
}

LoaderCosts Loader::costs() const {
  const std::lock_guard lock(shared_->mutex);
  LoaderCosts costs = shared_->costs;
  costs.cache_bytes = shared_->cache.bytes();
  std::sort(costs.skipped.begin(), costs.skipped.end());
  return costs;
}

std::vector<ImageUnderWay> Loader::underWay(double seconds) const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->under_way.list(
      seconds, [this](std::size_t sample) { return shared_->options.samples[sample].path; });
}

std::int64_t Loader::skipped() const {
  const std::lock_guard lock(shared_->mutex);
  return static_cast<std::int64_t>(shared_->costs.skipped.size());
}

}  // namespace torchwing
