#include "core/train/training_step.h"

#include "core/error.h"
#include "core/model/loss.h"
#include "core/train/finite_loss.h"

namespace torchwing {

TrainingStep::TrainingStep(ResNet& model, Sgd* optimizer, const PhaseOptions& options)
    : model_(model), optimizer_(optimizer), options_(options) {
  if (training() && optimizer == nullptr) {
    throw Error("INVALID_ARGUMENT", "This session has no optimizer, expected one for a training phase.");
  }
}

StepResult TrainingStep::run(const MixedBatch& batch, std::int64_t step) {
  // Forward pass and loss.
  if (training()) optimizer_->zeroGrad();
  const at::Tensor logits = model_.forward(batch.images, training());
  const at::Tensor loss = crossEntropy(logits, batch.labels, options_.label_smoothing);
  if (loss.is_cpu()) requireFiniteLoss(loss.item<double>(), options_.phase, options_.epoch, step);
  // Backward pass and update.
  if (training()) {
    loss.backward();
    optimizer_->step();
    model_.weightsChanged();
  }
  return {loss, logits, batch.labels};
}

}  // namespace torchwing
