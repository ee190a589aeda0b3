#include "core/train/loss_guard.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace torchwing {

LossGuard::LossGuard(Reading reading, at::Device device, const std::vector<at::Tensor>& moved)
    : reading_(reading), moved_(moved) {
  if (reading == Reading::kAtOnce) return;
  const at::TensorOptions options(device);
  one_ = at::ones({1}, options.dtype(at::kFloat));
  found_inf_ = at::zeros({1}, options.dtype(at::kFloat));
  is_bad_ = at::zeros({1}, options.dtype(at::kBool));
  steps_not_made_ = at::zeros({1}, options.dtype(at::kDouble));
}

void LossGuard::restart() {
  steps_.clear();
  bad_.reset();
  for (at::Tensor tensor : {found_inf_, is_bad_, steps_not_made_})
    if (tensor.defined()) tensor.zero_();
}

void LossGuard::noteStep(std::int64_t step) {
  if (steps_.empty() || steps_.back() != step) steps_.push_back(step);
}

void LossGuard::beginForward() {
  moved_.keepUnless(is_bad_);
}

void LossGuard::check(const at::Tensor& loss) {
  if (reading_ == Reading::kLater) return checkOnDevice(loss);
  const double value = loss.item<double>();
  if (!bad_ && !std::isfinite(value)) bad_ = {steps_.back(), value};
}

void LossGuard::checkOnDevice(const at::Tensor& loss) {
  const at::NoGradGuard no_graph;
  // The operator of torch.amp.GradScaler, without a scale: it sets the flag, and never takes it back.
  const at::Tensor value = loss.detach().clone();
  at::_amp_foreach_non_finite_check_and_unscale_({value}, found_inf_, one_);
  at::ne_out(is_bad_, found_inf_, 0);
}

void LossGuard::endStep() {
  if (steps_not_made_.defined()) steps_not_made_.add_(found_inf_);
}

std::optional<BadLoss> LossGuard::firstBad() const {
  if (!found_inf_.defined()) return bad_;
  const auto not_made = static_cast<std::size_t>(steps_not_made_.item<double>());
  if (not_made == 0) return std::nullopt;
  return BadLoss{steps_[steps_.size() - not_made], std::nullopt};
}

void LossGuard::restore() {
  moved_.restore();
}

}  // namespace torchwing
