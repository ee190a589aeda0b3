#pragma once

#include <optional>

#include "core/model/named_tensor.h"

namespace torchwing {

/// Every tensor that a training session needs to go on: the model's weights and buffers, the optimizer's
/// momentum buffers by parameter name, the loss scaler's two numbers, and the best weights so far.
struct TrainingState {
  StateDict model;
  StateDict momentum;
  std::optional<StateDict> best;
  StateDict scaler{};  ///< empty where there is none
};

/// One list of them, under "model.", "momentum.", "scaler." and "best." before each name.
StateDict joinTrainingState(TrainingState state);

/// The other way. Throws Error WEIGHTS_MISMATCH for a name with none of these before it.
TrainingState splitTrainingState(const StateDict& tensors);

}  // namespace torchwing
