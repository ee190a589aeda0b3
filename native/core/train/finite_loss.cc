#include "core/train/finite_loss.h"

#include <cmath>
#include <string>

#include "core/error.h"

namespace torchwing {

void refuseLoss(const BadLoss& bad, Phase phase, std::int64_t epoch) {
  const char* value = "NaN or infinite";
  if (bad.value) value = std::isnan(*bad.value) ? "NaN" : "infinite";
  throw Error("LOSS_NOT_FINITE",
              std::string("The loss became ") + value + " in " + phaseText(phase) + " step " +
                  std::to_string(bad.step) + " of epoch " + std::to_string(epoch) +
                  ", expected a finite number.",
              phase == Phase::kTrain ? "Lower the learning rate. The weights are those from before this step."
                                     : "Lower the learning rate.");
}

}  // namespace torchwing
