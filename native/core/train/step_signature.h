#pragma once

#include <cstdint>
#include <vector>

#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/train/phase.h"

namespace torchwing {

/// All that a recorded training step holds as it was and would not notice a change of: where weights, buffers
/// and momentum, the rate and the loss scale lie in memory and in what order, what is trained, and the
/// numbers of loss and optimizer but the rate. Values of weights are none of it: they are read where they
/// lie. Two signatures are equal exactly when the step recorded under one may be replayed under the other.
using StepSignature = std::vector<std::int64_t>;

StepSignature signatureOf(const ResNet& model, const Sgd& optimizer, const PhaseOptions& options);

}  // namespace torchwing
