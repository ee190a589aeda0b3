#pragma once

#include <napi.h>

#include <memory>

#include "core/device/warnings.h"
#include "core/runtime/executor.h"

namespace torchwing::binding {

/// The compute thread of one Node environment, and a thread beside it that writes checkpoints. A second load
/// of the addon in that environment, as Jest's module registry makes them, gets the same one.
class ComputeThread {
 public:
  /// The one of `env`, started when there is none. Registers how it ends: an environment cleanup hook, for a
  /// natural end and for workers, and a listener of process 'exit', since process.exit() and uncaught errors
  /// run no hooks.
  static std::shared_ptr<ComputeThread> of(Napi::Env env);

  Executor& executor() noexcept { return executor_; }
  /// For files that training does not wait for. Its jobs compute nothing with LibTorch.
  Executor& writer() noexcept { return writer_; }
  /// What LibTorch warns of on this thread.
  Warnings& warnings() noexcept { return warnings_; }
  /// Ends a running phase after its step, lets a file that is being written be finished, drops what waits and
  /// joins. Idempotent. JavaScript thread.
  void shutdown() {
    executor_.shutdown();
    writer_.shutdown();
  }

 private:
  ComputeThread();

  Warnings warnings_;
  Executor executor_;
  Executor writer_;
};

}  // namespace torchwing::binding
