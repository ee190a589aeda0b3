#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torchwing {

/// torch.nn.CrossEntropyLoss(): the mean over the batch. logits: float [N, C]; labels: int64 [N], 0 to C - 1,
/// same device. Returns a 0-dimensional tensor that carries the graph of `logits`.
at::Tensor crossEntropy(const at::Tensor& logits, const at::Tensor& labels);

/// How many rows have their largest logit (the first of equal ones) at the label.
std::int64_t countCorrect(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace torchwing
