#pragma once

#include <cstdint>

#include "core/data/mix.h"

namespace torchwing {

class LossScaler;

enum class Phase { kTrain, kVal };

/// As messages name it.
constexpr const char* phaseText(Phase phase) {
  return phase == Phase::kTrain ? "training" : "validation";
}

/// What a phase has counted so far.
struct PhaseCounts {
  std::int64_t images = 0;
  std::int64_t correct = 0;  ///< see measure() for mixed labels
  double loss_sum = 0;       ///< sum of loss.item() * batch size, in double, as the tutorial sums it
  std::int64_t skipped = 0;  ///< images left out because they could not be decoded
};

/// Between two steps: where a phase can go on, given the counts so far.
struct PhasePosition {
  Phase phase = Phase::kTrain;
  std::int64_t epoch = 0;
  std::int64_t step = 0;  ///< the next one
  PhaseCounts counts;
  std::int64_t micro_batch = 0;  ///< as PhaseOptions::micro_batch
};

struct PhaseOptions {
  Phase phase = Phase::kTrain;
  std::int64_t epoch = 0;
  std::int64_t start_step = 0;
  std::int64_t max_steps = -1;   ///< -1: to the end of the epoch
  MixOptions mix{};              ///< of training phases; validation sees each image as it is
  double label_smoothing = 0;    ///< of both phases' loss, 0..1
  PhaseCounts before{};          ///< counted by the steps before start_step
  bool auto_batch = false;       ///< whether a step for which memory runs out is tried again in smaller parts
  std::int64_t micro_batch = 0;  ///< images of a batch that are computed at once; 0: all
  LossScaler* scaler = nullptr;  ///< of a training phase in float16, and not its own; null: none
};

}  // namespace torchwing
