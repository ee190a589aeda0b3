#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/train/mix_batch.h"
#include "core/train/phase.h"

namespace torchwing {

/// What a step leaves for the metrics, on the model's device.
struct StepResult {
  at::Tensor loss;    ///< scalar, the batch's mean
  at::Tensor logits;  ///< [N, C]
  at::Tensor labels;  ///< those that the loss saw: int64 [N], or float32 [N, C] of a mixed batch
};

/// The arithmetic of one step on a batch that is on the model's device: forward -> loss, and in a training
/// phase -> backward -> SGD step. Waiting, counting and telling are the epoch runner's. Compute thread.
class TrainingStep {
 public:
  /// `optimizer` may be null in a validation phase. Throws Error INVALID_ARGUMENT when training lacks one.
  TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options);

  /// `step` names it in errors. Throws Error LOSS_NOT_FINITE, on the CPU before a bad gradient touches the
  /// weights.
  StepResult run(const MixedBatch& batch, std::int64_t step);

 private:
  bool training() const noexcept { return options_.phase == Phase::kTrain; }

  ResNet& model_;
  Sgd* optimizer_;
  const PhaseOptions options_;
};

}  // namespace torchwing
