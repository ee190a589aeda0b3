#include "core/train/loss_scaler.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <string>

#include "core/error.h"

namespace torchwing {
namespace {

const std::string kScale = "scale";
const std::string kGrowthTracker = "growth_tracker";

at::Tensor cpuCopy(const at::Tensor& tensor) {
  return tensor.to(at::kCPU, /*non_blocking=*/false, /*copy=*/true);
}

const at::Tensor& entryOf(const StateDict& state, const std::string& name, const at::Tensor& own) {
  for (const NamedTensor& entry : state) {
    if (entry.name != name) continue;
    if (entry.tensor.sizes() == own.sizes() && entry.tensor.scalar_type() == own.scalar_type())
      return entry.tensor;
  }
  throw Error("WEIGHTS_MISMATCH", "The state of the loss scaler holds no \"" + name +
                                      "\" of the expected form, " + at::toString(own.scalar_type()) +
                                      " [1].");
}

}  // namespace

LossScaler::LossScaler(at::Device device, std::int64_t growth_interval)
    : growth_interval_(growth_interval),
      scale_(at::full({1}, kInitialScale, at::TensorOptions(device).dtype(at::kFloat))),
      growth_tracker_(at::zeros({1}, at::TensorOptions(device).dtype(at::kInt))),
      kept_scale_(scale_.clone()),
      kept_growth_tracker_(growth_tracker_.clone()) {}

at::Tensor LossScaler::scaled(const at::Tensor& loss) const {
  return loss.mul(scale_.squeeze());
}

void LossScaler::unscale(const std::vector<at::Tensor>& gradients, at::Tensor& found_inf) const {
  const at::NoGradGuard no_graph;
  // In float64, as Python has it, so that the inverse of a power of two is exact whatever the device.
  const at::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, inverse);
}

void LossScaler::update(const at::Tensor& found_inf, const at::Tensor& skip) {
  if (skip.defined()) {
    kept_scale_.copy_(scale_);
    kept_growth_tracker_.copy_(growth_tracker_);
  }
  at::_amp_update_scale_(scale_, growth_tracker_, found_inf, kGrowthFactor, kBackoffFactor, growth_interval_);
  if (skip.defined()) {
    at::where_out(scale_, skip, kept_scale_, scale_);
    at::where_out(growth_tracker_, skip, kept_growth_tracker_, growth_tracker_);
  }
}

StateDict LossScaler::state() const {
  return {{kScale, cpuCopy(scale_)}, {kGrowthTracker, cpuCopy(growth_tracker_)}};
}

void LossScaler::load(const StateDict& state) {
  const at::Tensor& scale = entryOf(state, kScale, scale_);
  const at::Tensor& growth_tracker = entryOf(state, kGrowthTracker, growth_tracker_);
  scale_.copy_(scale);
  growth_tracker_.copy_(growth_tracker);
}

}  // namespace torchwing
