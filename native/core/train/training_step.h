#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/train/loss_guard.h"
#include "core/train/mix_batch.h"
#include "core/train/phase.h"
#include "core/train/running_metrics.h"

namespace torchwing {

/// The arithmetic of one step on a batch that is on the model's device: forward -> loss, and in a training
/// phase -> backward -> SGD step. A step whose loss is not finite is not made. Waiting, counting and telling
/// are the epoch runner's. Compute thread.
class TrainingStep {
 public:
  /// `optimizer` may be null in a validation phase. Throws Error INVALID_ARGUMENT when training lacks one.
  /// `reading`: when a loss is looked at; default: at once on the CPU, later on an accelerator.
  TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options);
  TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options, LossGuard::Reading reading);

  /// The batch in parts of at most `micro_batch` images, see microBatches(); 0: whole. The gradient is that
  /// of the mean over the whole batch, summed part by part; BatchNorm normalises by the part. `step` names
  /// the step in errors. Returns the figures of each part. Throws Error LOSS_NOT_FINITE, the model being as
  /// it was before, where the loss is read at once. Where it is read later, this step and those behind it
  /// change no weight. Throws what LibTorch throws when memory runs out, model and optimizer being as they
  /// were before.
  std::vector<StepFigures> run(const MixedBatch& batch, std::int64_t step, std::int64_t micro_batch = 0);
  /// The same without the way back after a failure: for a step that is recorded.
  std::vector<StepFigures> attempt(const MixedBatch& batch, std::int64_t step, std::int64_t micro_batch = 0);

  /// A step that was run as run() recorded it: what is the host's part of it.
  void noteReplayed(std::int64_t step);

  /// What watches its losses. Shared with a recorded step, which writes into its memory and may outlive this.
  const std::shared_ptr<LossGuard>& guard() const noexcept { return guard_; }
  void useGuard(std::shared_ptr<LossGuard> guard) noexcept { guard_ = std::move(guard); }

  /// Throws Error LOSS_NOT_FINITE when a step so far had a bad loss, naming the first; the model is then as
  /// it was before that one. An accelerator is waited for here.
  void requireFinite();

 private:
  bool training() const noexcept { return options_.phase == Phase::kTrain; }
  /// Forward and backward pass of a part, which is `share` of its batch; `loss` becomes its loss.
  StepFigures compute(const MixedBatch& part, double share, at::Tensor& loss);
  /// The update from the gradients of a scaled loss, unless they overflowed.
  void stepScaled();

  ResNet& model_;
  Sgd* optimizer_;
  const PhaseOptions options_;
  std::shared_ptr<LossGuard> guard_;
  bool forward_begun_ = false;  ///< in this attempt, so that the guard has what it began with
};

}  // namespace torchwing
