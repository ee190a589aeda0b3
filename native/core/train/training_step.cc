#include "core/train/training_step.h"

#include "core/error.h"
#include "core/model/loss.h"
#include "core/train/finite_loss.h"

namespace torchwing {

TrainingStep::TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options)
    : TrainingStep(model, optimizer, options,
                   model.device().is_cpu() ? LossGuard::Reading::kAtOnce : LossGuard::Reading::kLater) {}

TrainingStep::TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options,
                           LossGuard::Reading reading)
    : model_(model),
      optimizer_(optimizer),
      options_(options),
      guard_(std::make_shared<LossGuard>(reading, model.device(),
                                         training() ? model.buffers() : std::vector<at::Tensor>{})) {
  if (training() && optimizer == nullptr) {
    throw Error("INVALID_ARGUMENT", "This session has no optimizer, expected one for a training phase.");
  }
}

StepResult TrainingStep::run(const MixedBatch& batch, std::int64_t step) {
  // Forward pass and loss.
  if (training()) optimizer_->zeroGrad();
  guard_->noteStep(step);
  guard_->beginForward();
  const at::Tensor logits = model_.forward(batch.images, training());
  const at::Tensor loss = crossEntropy(logits, batch.labels, options_.label_smoothing);
  guard_->check(loss);
  if (guard_->reading() == LossGuard::Reading::kAtOnce) requireFinite();
  // Backward pass and update.
  if (training()) {
    loss.backward();
    optimizer_->step(guard_->foundInf());
    model_.weightsChanged();
  }
  return {loss, logits, batch.labels};
}

void TrainingStep::noteReplayed(std::int64_t step) {
  guard_->noteStep(step);
  model_.weightsChanged();
}

void TrainingStep::requireFinite() {
  const std::optional<BadLoss> bad = guard_->firstBad();
  if (!bad) return;
  guard_->restore();
  refuseLoss(*bad, options_.phase, options_.epoch);
}

}  // namespace torchwing
