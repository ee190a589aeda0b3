#include "core/train/running_metrics.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sum.h>

namespace torchwing {

StepFigures measure(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor classes = labels.dim() == 2 ? at::argmax(labels, 1) : labels;
  return {loss.detach().to(at::kDouble), at::argmax(logits.detach(), 1).eq(classes).sum(), labels.size(0)};
}

RunningMetrics::RunningMetrics(const Values& before, at::Device device) : on_host_(before) {
  if (device.is_cpu()) return;
  loss_on_device_ = at::full({}, before.loss_sum, at::TensorOptions(device).dtype(at::kDouble));
  correct_on_device_ = at::full({}, before.correct, at::TensorOptions(device).dtype(at::kLong));
}

void RunningMetrics::add(const StepFigures& figures) {
  if (!loss_on_device_.defined()) {
    on_host_.loss_sum += figures.loss.item<double>() * static_cast<double>(figures.images);
    on_host_.correct += figures.correct.item<std::int64_t>();
    return;
  }
  loss_on_device_.add_(figures.loss, static_cast<double>(figures.images));
  correct_on_device_.add_(figures.correct);
}

RunningMetrics::Values RunningMetrics::read() const {
  if (!loss_on_device_.defined()) return on_host_;
  return {loss_on_device_.item<double>(), correct_on_device_.item<std::int64_t>()};
}

}  // namespace torchwing
