#pragma once

#include <cstdint>

#include "core/train/phase.h"

namespace torchwing {

/// Throws Error LOSS_NOT_FINITE for the loss of `step`, known before its gradients have touched the weights.
void requireFiniteLoss(double loss, Phase phase, std::int64_t epoch, std::int64_t step);

/// The same for a phase's sum of losses, of which `step` was the last to be added: a loss that an accelerator
/// keeps is read now and then, and a bad one may have come in any step since.
void requireFiniteLossSum(double loss_sum, Phase phase, std::int64_t epoch, std::int64_t step);

}  // namespace torchwing
