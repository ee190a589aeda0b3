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

  void step();
  void zeroGrad();
  double lr() const noexcept { return options_.lr; }
  void setLr(double lr) noexcept { options_.lr = lr; }
  const SgdOptions& options() const noexcept { return options_; }

  /// state_dict(): the buffers are detached copies.
  SgdState state() const { return {options_, momentumBuffers()}; }
  /// load_state_dict(): hyperparameters and buffers. Throws, before anything changes, Error WEIGHTS_MISMATCH
  /// when the buffers are not those of these parameters, or INVALID_CONFIG as the constructor.
  void load(const SgdState& state);
  /// Throws what load() would, and changes nothing.
  void requireLoadable(const SgdState& state) const;

  /// Momentum buffers, one per parameter, undefined before its first step; detached copies.
  std::vector<at::Tensor> momentumBuffers() const;
  void setMomentumBuffers(const std::vector<at::Tensor>& buffers);

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  SgdOptions options_;
};

}  // namespace torchwing
