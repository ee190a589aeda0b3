#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/model/resnet.h"
#include "core/optim/optimizer_state.h"

namespace torchwing {

/// torch.optim.SGD, to the bit of its default loop, by at::_fused_sgd_ wherever that rounds alike:
///   g += weight_decay * p;  buf = momentum * buf + (1 - dampening) * g  (first step: buf = g);
///   g = nesterov ? g + momentum * buf : buf;  p -= lr * g.
/// Parameters without a gradient are skipped. Compute thread only.
class Sgd {
 public:
  /// Throws Error INVALID_CONFIG as Python does (negative lr, nesterov without momentum or with dampening).
  Sgd(std::vector<at::Tensor> parameters, const SgdOptions& options);

  /// `found_inf` (float32 [1] on the parameters' device, undefined for 0): where it is 1, nothing changes.
  /// The host waits for it only when a parameter has its first step with momentum. Changes nothing when
  /// memory runs out for it.
  void step(const at::Tensor& found_inf = {});
  void zeroGrad();
  double lr() const noexcept { return options_.lr; }
  void setLr(double lr);
  /// From here on step() reads the rate from memory of the parameters' device, as a float32, so that a step
  /// which the device has recorded follows setLr(); every parameter then goes through the fused operator.
  /// Always so on CUDA, with and without graphs: both round alike.
  void keepRateOnDevice() noexcept { keep_rate_on_device_ = true; }
  const SgdOptions& options() const noexcept { return options_; }

  /// state_dict(): the buffers are copies on the CPU.
  SgdState state() const { return {options_, momentumBuffers()}; }
  /// load_state_dict(): hyperparameters and buffers. Throws, before anything changes, Error WEIGHTS_MISMATCH
  /// when the buffers are not those of these parameters, or INVALID_CONFIG as the constructor.
  void load(const SgdState& state);
  /// Throws what load() would, and changes nothing.
  void requireLoadable(const SgdState& state) const;

  /// What is trained, in the order given.
  const std::vector<at::Tensor>& parameters() const noexcept { return parameters_; }
  /// The live momentum buffers, undefined before a parameter's first step.
  const std::vector<at::Tensor>& buffers() const noexcept { return buffers_; }
  /// Whether every parameter that is trained has had its first step, so that step() never waits.
  bool pastFirstSteps() const;
  /// Where step() reads the rate on the device; undefined where it does not, or did not yet.
  const at::Tensor& rate() const noexcept { return rate_; }
  /// Momentum buffers, one per parameter, undefined before its first step; contiguous copies on the CPU,
  /// which take no memory of the device.
  std::vector<at::Tensor> momentumBuffers() const;
  void setMomentumBuffers(const std::vector<at::Tensor>& buffers);

 private:
  /// Whether the next step makes a momentum buffer.
  bool hasFirstStep() const;
  /// The rate on the parameters' device, or undefined where step() takes it from the options.
  const at::Tensor& rateOnDevice();

  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  SgdOptions options_;
  bool keep_rate_on_device_ = false;
  at::Tensor rate_;  ///< float32 scalar; undefined before the first step that needs it
};

}  // namespace torchwing
