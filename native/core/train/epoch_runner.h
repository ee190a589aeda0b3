#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/data/loader.h"
#include "core/data/mix.h"
#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/runtime/executor.h"
#include "core/runtime/stop_flag.h"

namespace torchwing {

enum class Phase { kTrain, kVal };

struct PhaseOptions {
  Phase phase = Phase::kTrain;
  std::int64_t epoch = 0;
  std::int64_t start_step = 0;
  std::int64_t max_steps = -1;  ///< -1: to the end of the epoch
  MixOptions mix;               ///< of training phases; validation sees each image as it is
  double label_smoothing = 0;   ///< of both phases' loss, 0..1
};

struct Progress {
  Phase phase = Phase::kTrain;
  std::int64_t epoch = 0;
  std::int64_t step = 0;   ///< steps done
  std::int64_t steps = 0;  ///< steps of the whole phase
  std::int64_t images = 0;
  double loss = 0;      ///< mean over the images so far
  double accuracy = 0;  ///< share of the images so far, 0..1
  double seconds = 0;
};

struct PhaseResult {
  std::int64_t steps = 0;
  std::int64_t images = 0;
  std::int64_t correct = 0;  ///< see RunningMetrics::add for mixed labels
  double loss_sum = 0;       ///< sum of loss.item() * batch size, in double, as the tutorial sums it
  double seconds = 0;
  double wait_seconds = 0;  ///< spent by the compute thread waiting for a batch
  LoaderCosts costs;
  bool stopped = false;  ///< the stop flag ended it early
};

/// One phase of one epoch: batch -> device -> forward -> loss (-> backward -> SGD step) -> counts. Serves the
/// executor's short lane between steps. Throws Error LOSS_NOT_FINITE before a bad gradient touches the
/// weights.
PhaseResult runPhase(ResNet& model, Sgd* optimizer, Loader& loader, const PhaseOptions& options,
                     Executor& executor, const StopFlag& stop,
                     const std::function<void(const Progress&)>& on_progress);

}  // namespace torchwing
