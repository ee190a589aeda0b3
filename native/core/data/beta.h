#pragma once

#include "core/data/counter_rng.h"

namespace torchwing {

/// One draw from Beta(alpha, alpha), alpha > 0, in float32 as torch.distributions.Beta of float32 parameters
/// gives it: at least the smallest normal number and below 1.
float drawBeta(CounterRng& rng, double alpha);

}  // namespace torchwing
