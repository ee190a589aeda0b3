#include "core/train/running_metrics.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sum.h>

namespace torchwing {

void RunningMetrics::add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor classes = labels.dim() == 2 ? at::argmax(labels, 1) : labels;
  const at::Tensor correct = at::argmax(logits.detach(), 1).eq(classes).sum();
  if (loss.is_cpu()) {
    on_host_.loss_sum += loss.item<double>() * static_cast<double>(labels.size(0));
    on_host_.correct += correct.item<std::int64_t>();
    return;
  }
  if (!loss_on_device_.defined()) {
    loss_on_device_ = at::full({}, on_host_.loss_sum, loss.options().dtype(at::kDouble));
    correct_on_device_ = at::full({}, on_host_.correct, correct.options());
  }
  loss_on_device_.add_(loss.detach().to(at::kDouble), static_cast<double>(labels.size(0)));
  correct_on_device_.add_(correct);
}

RunningMetrics::Values RunningMetrics::read() const {
  if (!loss_on_device_.defined()) return on_host_;
  return {loss_on_device_.item<double>(), correct_on_device_.item<std::int64_t>()};
}

}  // namespace torchwing
