#include "binding/async_loader.h"

#include <utility>

#include "core/error.h"
#include "core/train/batch_images.h"

namespace torchwing::binding {

std::shared_ptr<AsyncLoader> AsyncLoader::create(const std::shared_ptr<ComputeThread>& thread,
                                                 LoaderOptions options) {
  const std::shared_ptr<AsyncLoader> loader(new AsyncLoader(std::move(options)));
  // On a worker's thread. The posted job also ends the wait of a running phase.
  loader->loader_.onReady([thread, weak = std::weak_ptr(loader)] {
    thread->executor().post(Executor::Lane::kShort, [weak] {
      if (const auto alive = weak.lock()) alive->serveRequests();
    });
  });
  return loader;
}

AsyncLoader::~AsyncLoader() {
  for (const Answer& answer : requests_) {
    answer(std::nullopt, std::make_exception_ptr(Error(
                             "DISPOSED", "This ImageLoader was disposed while next() waited for a batch.")));
  }
}

void AsyncLoader::requireFree() const {
  if (in_phase_) throw Error("INVALID_ARGUMENT", "This ImageLoader is in use by a running TrainingSession.");
}

void AsyncLoader::start(std::int64_t epoch, std::int64_t start_step) {
  requireFree();
  loader_.start(epoch, start_step);
}

void AsyncLoader::request(Answer answer) {
  requireFree();
  requests_.push_back(std::move(answer));
  serveRequests();
}

void AsyncLoader::serveRequests() {
  while (!requests_.empty() && !in_phase_ && loader_.ready()) {
    const Answer answer = std::move(requests_.front());
    requests_.pop_front();
    try {
      answer(takeBatch(), nullptr);
    } catch (...) {
      answer(std::nullopt, std::current_exception());
    }
  }
}

std::optional<LoadedBatch> AsyncLoader::takeBatch() {
  const Batch* batch = loader_.next();
  if (batch == nullptr) return std::nullopt;
  LoadedBatch loaded{batchImages(loader_, *batch, at::kFloat), batchLabels(*batch), batch->indices,
                     batch->step};
  loader_.release(batch);
  return loaded;
}

}  // namespace torchwing::binding
