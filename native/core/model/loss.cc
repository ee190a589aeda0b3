#include "core/model/loss.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/sum.h>

namespace torchwing {

at::Tensor crossEntropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing) {
  // PyTorch's defaults stand between: no weights, the mean, and the index that its ignore_index means.
  return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, label_smoothing);
}

std::int64_t countCorrect(const at::Tensor& logits, const at::Tensor& labels) {
  const at::NoGradGuard no_graph;
  return at::sum(at::eq(at::argmax(logits, 1), labels)).item<std::int64_t>();
}

}  // namespace torchwing
