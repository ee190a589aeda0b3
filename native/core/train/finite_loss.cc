#include "core/train/finite_loss.h"

#include <cmath>
#include <string>

#include "core/error.h"

namespace torchwing {
namespace {

[[noreturn]] void refuseLoss(double loss, const char* when, Phase phase, std::int64_t epoch,
                             std::int64_t step, const char* hint) {
  throw Error("LOSS_NOT_FINITE",
              std::string("The loss became ") + (std::isnan(loss) ? "NaN" : "infinite") + " " + when +
                  (phase == Phase::kTrain ? " training" : " validation") + " step " + std::to_string(step) +
                  " of epoch " + std::to_string(epoch) + ", expected a finite number.",
              hint);
}

}  // namespace

void requireFiniteLoss(double loss, Phase phase, std::int64_t epoch, std::int64_t step) {
  if (std::isfinite(loss)) return;
  refuseLoss(loss, "in", phase, epoch, step,
             phase == Phase::kTrain ? "Lower the learning rate. The weights are those from before this step."
                                    : "Lower the learning rate.");
}

void requireFiniteLossSum(double loss_sum, Phase phase, std::int64_t epoch, std::int64_t step) {
  if (std::isfinite(loss_sum)) return;
  refuseLoss(loss_sum, "in or before", phase, epoch, step,
             "Lower the learning rate, and go on from weights that were saved earlier.");
}

}  // namespace torchwing
