#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torchwing {

/// What a step leaves of some of its images, on the model's device.
struct StepFigures {
  at::Tensor loss;     ///< float64 scalar, their mean
  at::Tensor correct;  ///< int64 scalar
  std::int64_t images = 0;
};

/// `loss`: scalar, the mean over the images; `logits` [N, C]; `labels` int64 [N], or float [N, C], of which
/// the class with the largest share counts as the right one, as in torchvision's reference scripts.
StepFigures measure(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels);

/// Loss and correct count of a phase. On an accelerator both are summed there, so that add() waits for
/// nothing; read() is the one place where the host waits for the device.
class RunningMetrics {
 public:
  struct Values {
    double loss_sum = 0;  ///< sum of loss.item() * images, in double
    std::int64_t correct = 0;
  };

  RunningMetrics() : RunningMetrics(Values{}, at::kCPU) {}
  /// Goes on from what was counted before.
  RunningMetrics(const Values& before, at::Device device);

  /// Takes no memory, so that a step that has changed the weights cannot fail here.
  void add(const StepFigures& figures);
  Values read() const;

 private:
  Values on_host_;
  at::Tensor loss_on_device_;     ///< float64 scalar, undefined on the CPU
  at::Tensor correct_on_device_;  ///< int64 scalar
};

}  // namespace torchwing
