#pragma once

#include <cstdint>

namespace torchwing {

/// torch.optim.lr_scheduler.StepLR by Python's recurrence: lr *= gamma each time the epoch count reaches a
/// multiple of step_size. (LibTorch's own StepLR is one epoch late; lr0 * gamma^k differs in the last bit.)
class StepLr {
 public:
  StepLr(double initial_lr, std::int64_t step_size, double gamma)
      : last_lr_(initial_lr), step_size_(step_size), gamma_(gamma) {}

  /// Once per epoch, after the training phase. Returns the rate of the next epoch.
  double step() {
    last_epoch_ += 1;
    if (last_epoch_ % step_size_ == 0) last_lr_ *= gamma_;
    return last_lr_;
  }
  double lastLr() const noexcept { return last_lr_; }
  std::int64_t lastEpoch() const noexcept { return last_epoch_; }
  void restore(std::int64_t last_epoch, double last_lr) {
    last_epoch_ = last_epoch;
    last_lr_ = last_lr;
  }

 private:
  double last_lr_;
  std::int64_t last_epoch_ = 0;
  std::int64_t step_size_;
  double gamma_;
};

}  // namespace torchwing
