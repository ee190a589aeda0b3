#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torchwing {

/// Loss and correct count of a phase. On an accelerator both are summed there, so that add() waits for
/// nothing; read() is the one place where the host waits for the device.
class RunningMetrics {
 public:
  struct Values {
    double loss_sum = 0;  ///< sum of loss.item() * batch size, in double
    std::int64_t correct = 0;
  };

  RunningMetrics() = default;
  /// Goes on from what was counted before.
  explicit RunningMetrics(const Values& before) : on_host_(before) {}

  /// `loss`: scalar, the batch's mean; `logits` [N, C]; `labels` int64 [N], or float [N, C], of which the
  /// class with the largest share counts as the right one, as in torchvision's reference scripts.
  void add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels);
  Values read() const;

 private:
  Values on_host_;
  at::Tensor loss_on_device_;     ///< float64 scalar, undefined on the CPU
  at::Tensor correct_on_device_;  ///< int64 scalar
};

}  // namespace torchwing
