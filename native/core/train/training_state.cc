#include "core/train/training_state.h"

#include <string>
#include <utility>

#include "core/error.h"

namespace torchwing {
namespace {

const std::string kModel = "model.";
const std::string kMomentum = "momentum.";
const std::string kScaler = "scaler.";
const std::string kBest = "best.";

void append(StateDict& tensors, const std::string& prefix, StateDict part) {
  for (NamedTensor& entry : part) tensors.push_back({prefix + entry.name, std::move(entry.tensor)});
}

/// Whether `entry` belongs to `part`, which then has it.
bool take(const NamedTensor& entry, const std::string& prefix, StateDict& part) {
  if (!entry.name.starts_with(prefix)) return false;
  part.push_back({entry.name.substr(prefix.size()), entry.tensor});
  return true;
}

}  // namespace

StateDict joinTrainingState(TrainingState state) {
  StateDict tensors;
  append(tensors, kModel, std::move(state.model));
  append(tensors, kMomentum, std::move(state.momentum));
  append(tensors, kScaler, std::move(state.scaler));
  if (state.best) append(tensors, kBest, std::move(*state.best));
  return tensors;
}

TrainingState splitTrainingState(const StateDict& tensors) {
  TrainingState state;
  StateDict best;
  for (const NamedTensor& entry : tensors) {
    if (take(entry, kModel, state.model) || take(entry, kMomentum, state.momentum) ||
        take(entry, kScaler, state.scaler) || take(entry, kBest, best)) {
      continue;
    }
    throw Error("WEIGHTS_MISMATCH", "\"" + entry.name + "\" is no part of a training session's state.");
  }
  if (!best.empty()) state.best = std::move(best);
  return state;
}

}  // namespace torchwing
