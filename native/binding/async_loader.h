#pragma once

#include <ATen/core/Tensor.h>

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "binding/compute_thread.h"
#include "core/data/loader.h"
#include "core/train/batch_mover.h"

namespace torchwing::binding {

/// One batch on its way to JavaScript.
struct LoadedBatch {
  at::Tensor images;  ///< float32 [N, 3, H, W] on the CPU
  at::Tensor labels;  ///< int64 [N]
  std::vector<std::int64_t> indices;
  std::int64_t step;  ///< 0-based position in the epoch
};

/// A loader whose batches can be asked for without waiting: requests queue up, and each is answered on the
/// compute thread once the workers are ready. All members on the compute thread.
class AsyncLoader : public std::enable_shared_from_this<AsyncLoader> {
 public:
  /// Gets a batch, null at the end of the epoch, or the exception that ended it.
  using Answer = std::function<void(std::optional<LoadedBatch>, std::exception_ptr)>;

  static std::shared_ptr<AsyncLoader> create(const std::shared_ptr<ComputeThread>& thread,
                                             LoaderOptions options);
  /// Rejects what still waits with DISPOSED.
  ~AsyncLoader();
  AsyncLoader(const AsyncLoader&) = delete;
  AsyncLoader& operator=(const AsyncLoader&) = delete;

  Loader& loader() noexcept { return loader_; }
  /// For phases: takes the batches to the device.
  BatchMover& batches() noexcept { return batches_; }
  void start(std::int64_t epoch, std::int64_t start_step);
  void request(Answer answer);

  /// Held by a running phase; start() and request() throw Error INVALID_ARGUMENT meanwhile.
  void setInPhase(bool in_phase) noexcept { in_phase_ = in_phase; }

 private:
  explicit AsyncLoader(LoaderOptions options) : loader_(std::move(options)) {}
  void requireFree() const;
  void serveRequests();
  std::optional<LoadedBatch> takeBatch();

  Loader loader_;
  BatchMover batches_{loader_};
  std::deque<Answer> requests_;
  bool in_phase_ = false;
};

}  // namespace torchwing::binding
