#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torchwing {

/// torch.nn.CrossEntropyLoss(label_smoothing): the mean over the batch. logits: float [N, C]; labels: int64
/// [N], 0 to C - 1, or the shares of the classes, float [N, C]; same device. label_smoothing: 0..1. Returns a
/// 0-dimensional tensor that carries the graph of `logits`.
at::Tensor crossEntropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing = 0);

/// How many rows have their largest logit (the first of equal ones) at the label.
std::int64_t countCorrect(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace torchwing
