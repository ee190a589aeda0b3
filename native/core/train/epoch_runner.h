#pragma once

#include <cstdint>
#include <optional>

#include "core/data/loader.h"
#include "core/device/device_memory.h"
#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/runtime/executor.h"
#include "core/runtime/stop_flag.h"
#include "core/train/batch_mover.h"
#include "core/train/graphed_step.h"
#include "core/train/phase.h"

namespace torchwing {

struct Progress {
  Phase phase = Phase::kTrain;
  std::int64_t epoch = 0;
  std::int64_t step = 0;    ///< steps done
  std::int64_t steps = 0;   ///< steps of the whole phase
  std::int64_t images = 0;  ///< of the phase so far, PhaseOptions::before included
  double loss = 0;          ///< mean over the images so far
  double accuracy = 0;      ///< share of the images so far, 0..1
  double seconds = 0;
};

struct PhaseResult {
  std::int64_t steps = 0;      ///< done by this call
  std::int64_t next_step = 0;  ///< where the phase would go on
  PhaseCounts counts;          ///< of the whole phase, PhaseOptions::before included
  double seconds = 0;
  double wait_seconds = 0;  ///< spent by the compute thread waiting for a batch
  LoaderCosts costs;
  bool stopped = false;                       ///< the stop flag ended it early
  std::int64_t micro_batch = 0;               ///< as PhaseOptions::micro_batch, from here on
  std::optional<DeviceMemory> device_memory;  ///< at its end, and the most in it; nothing on the CPU
};

/// Who hears of a running phase. Called on the compute thread between two steps.
class PhaseListener {
 public:
  virtual ~PhaseListener() = default;
  virtual void onProgress(const Progress& progress) = 0;
  /// Whether the state of now is to be kept.
  virtual bool wantsSnapshot(const PhasePosition& position) = 0;
  virtual void onSnapshot(const PhasePosition& position) = 0;
  /// Memory ran out: from this step on a batch, this one of `images`, is computed in parts of `micro_batch`
  /// images.
  virtual void onMicroBatch(std::int64_t /*micro_batch*/, std::int64_t /*images*/) {}
};

/// One phase of one epoch: batch -> device -> forward -> loss (-> backward -> SGD step) -> counts. Serves the
/// executor's short lane between steps. Throws Error LOSS_NOT_FINITE that names the first step with a bad
/// loss; model and momentum are then as they were before that step. `graph`: the session's, where training
/// steps are to be CUDA graphs; null: step by step.
PhaseResult runPhase(ResNet& model, Sgd* optimizer, BatchMover& batches, const PhaseOptions& options,
                     Executor& executor, const StopFlag& stop, PhaseListener& listener,
                     GraphedStep* graph = nullptr);

/// The same for a loader that is used for one phase, or whose batches stay on the CPU.
inline PhaseResult runPhase(ResNet& model, Sgd* optimizer, Loader& loader, const PhaseOptions& options,
                            Executor& executor, const StopFlag& stop, PhaseListener& listener,
                            GraphedStep* graph = nullptr) {
  BatchMover batches(loader);
  return runPhase(model, optimizer, batches, options, executor, stop, listener, graph);
}

}  // namespace torchwing
