#include "core/train/training_step.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "core/error.h"
#include "core/model/loss.h"
#include "core/train/finite_loss.h"
#include "core/train/loss_scaler.h"
#include "core/train/micro_batches.h"

namespace torchwing {
namespace {

/// A backward pass on the CPU that throws leaves what it had still to do, and with it the activations, in its
/// thread's queue until the next one begins. That is now: a step that is tried again needs the memory.
void forgetFailedBackward() noexcept {
  try {
    at::full({}, 1.0).requires_grad_(true).mul(1).backward();
  } catch (...) {
    // Not even this much memory; the next step's backward pass will do it.
  }
}

}  // namespace

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

std::vector<StepFigures> TrainingStep::run(const MixedBatch& batch, std::int64_t step,
                                           std::int64_t micro_batch) {
  forward_begun_ = false;
  try {
    return attempt(batch, step, micro_batch);
  } catch (...) {
    if (forward_begun_) guard_->restore();
    if (training()) {
      optimizer_->zeroGrad();
      forgetFailedBackward();
    }
    throw;
  }
}

std::vector<StepFigures> TrainingStep::attempt(const MixedBatch& batch, std::int64_t step,
                                               std::int64_t micro_batch) {
  if (training()) optimizer_->zeroGrad();
  guard_->noteStep(step);
  guard_->beginForward();
  forward_begun_ = true;
  const std::int64_t images = batch.labels.size(0);
  std::vector<StepFigures> figures;
  at::Tensor losses;  // of all parts: not finite when one of them is not
  std::int64_t begin = 0;
  for (const std::int64_t size : microBatches(images, micro_batch)) {
    const MixedBatch part =
        size == images ? batch
                       : MixedBatch{batch.images.narrow(0, begin, size), batch.labels.narrow(0, begin, size)};
    at::Tensor loss;
    figures.push_back(compute(part, static_cast<double>(size) / static_cast<double>(images), loss));
    losses = losses.defined() ? losses.add(loss) : loss;
    begin += size;
  }
  if (guard_->reading() == LossGuard::Reading::kLater) guard_->check(losses);
  if (training()) {
    if (options_.scaler != nullptr) {
      stepScaled();
    } else {
      optimizer_->step(guard_->foundInf());
    }
    model_.weightsChanged();
  }
  // Behind all that memory can run out for: a step that is tried again is one step.
  guard_->endStep();
  return figures;
}

StepFigures TrainingStep::compute(const MixedBatch& part, double share, at::Tensor& loss) {
  const at::Tensor logits = model_.forward(part.images, training());
  loss = crossEntropy(logits, part.labels, options_.label_smoothing);
  if (guard_->reading() == LossGuard::Reading::kAtOnce) {
    guard_->check(loss);
    requireFinite();
  }
  // The gradient of the whole batch's mean; without one given it is 1, bit for bit.
  if (training()) {
    const at::Tensor scaled = options_.scaler != nullptr ? options_.scaler->scaled(loss) : loss;
    scaled.backward(share == 1 ? at::Tensor{} : at::full({}, share, scaled.options()));
  }
  loss = loss.detach();
  return measure(loss, logits, part.labels);
}

void TrainingStep::stepScaled() {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : optimizer_->parameters()) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  // The guard's flag says that no step is made any more, this one that a single step is not. The first must
  // not count as an overflow: each step from the bad one until the host looks would halve the scale.
  const at::Tensor& never = guard_->foundInf();
  at::Tensor found_inf =
      never.defined() ? never.clone() : at::zeros({1}, gradients.front().options().dtype(at::kFloat));
  options_.scaler->unscale(gradients, found_inf);
  optimizer_->step(found_inf);
  options_.scaler->update(found_inf, guard_->isBad());
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
