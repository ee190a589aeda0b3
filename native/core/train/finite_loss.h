#pragma once

#include "core/train/loss_guard.h"
#include "core/train/phase.h"

namespace torchwing {

/// Throws Error LOSS_NOT_FINITE that names the step.
[[noreturn]] void refuseLoss(const BadLoss& bad, Phase phase, std::int64_t epoch);

}  // namespace torchwing
