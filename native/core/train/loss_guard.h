#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/train/kept_tensors.h"

namespace torchwing {

/// The first step of a phase whose loss was not finite.
struct BadLoss {
  std::int64_t step = 0;
  std::optional<double> value;  ///< unknown where the loss stayed on the device
};

/// Keeps a step with a loss that is not finite from leaving a trace in the model: the step is not made, and
/// what its forward pass moved (BatchNorm's running statistics) can be put back. Compute thread.
class LossGuard {
 public:
  /// kAtOnce: each loss is read, as costs nothing on the CPU. kLater: the host waits for no step; a flag on
  /// the device holds the update back from the first bad loss on, and the device counts since when.
  enum class Reading { kAtOnce, kLater };

  /// `moved`: the live tensors on `device` that a forward pass changes in place.
  LossGuard(Reading reading, at::Device device, const std::vector<at::Tensor>& moved);

  /// For another phase, with the memory of before: a recorded step writes into it.
  void restart();

  Reading reading() const noexcept { return reading_; }

  /// The host's part of a step: its number. Once more of the same step does nothing, as where a step that was
  /// recorded is run again.
  void noteStep(std::int64_t step);
  /// Before the forward pass.
  void beginForward();
  /// Behind it; `loss` is its scalar.
  void check(const at::Tensor& loss);
  /// At the end of the step, which then counts; one that failed and is tried again begins at noteStep().
  /// Takes no memory.
  void endStep();

  /// For Sgd::step: float32 [1] on the device, 1 from the first bad loss on; undefined with kAtOnce.
  const at::Tensor& foundInf() const noexcept { return found_inf_; }
  /// The same as bool [1], to select by.
  const at::Tensor& isBad() const noexcept { return is_bad_; }
  /// With kLater the device is waited for here.
  std::optional<BadLoss> firstBad() const;
  /// The moved tensors as they were before the first bad step, or before the last step when none was bad.
  void restore();

 private:
  void checkOnDevice(const at::Tensor& loss);

  const Reading reading_;
  KeptTensors moved_;
  std::vector<std::int64_t> steps_;  ///< of each step so far, its number
  std::optional<BadLoss> bad_;       ///< with kAtOnce
  at::Tensor one_;                   ///< float32 [1]
  at::Tensor found_inf_;
  at::Tensor is_bad_;          ///< bool [1]
  at::Tensor steps_not_made_;  ///< float64 [1]
};

}  // namespace torchwing
