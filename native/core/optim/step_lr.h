#pragma once

#include <cstdint>

#include "core/optim/optimizer_state.h"

namespace torchwing {

/// torch.optim.lr_scheduler.StepLR by Python's recurrence: lr *= gamma each time the epoch count reaches a
/// multiple of step_size. (LibTorch's own StepLR is one epoch late; lr0 * gamma^k differs in the last bit.)
class StepLr {
 public:
  StepLr(double initial_lr, std::int64_t step_size, double gamma)
      : state_{.step_size = step_size, .gamma = gamma, .base_lr = initial_lr, .last_lr = initial_lr} {}

  /// Once per epoch, after the training phase. Returns the rate of the next epoch.
  double step() {
    state_.last_epoch += 1;
    if (state_.last_epoch % state_.step_size == 0) state_.last_lr *= state_.gamma;
    return state_.last_lr;
  }
  double lastLr() const noexcept { return state_.last_lr; }
  std::int64_t lastEpoch() const noexcept { return state_.last_epoch; }

  const StepLrState& state() const noexcept { return state_; }
  /// `state.step_size` is at least 1.
  void load(const StepLrState& state) { state_ = state; }

 private:
  StepLrState state_;
};

}  // namespace torchwing
