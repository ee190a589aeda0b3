#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace torchwing {

/// Hyperparameters of torch.optim.SGD, under Python's names and defaults but for the rate.
struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// What torch.optim.SGD.state_dict() holds, for the one parameter group that Sgd has.
struct SgdState {
  SgdOptions options;
  std::vector<at::Tensor> momentum_buffers;  ///< one per parameter, undefined before its first step
};

/// What torch.optim.lr_scheduler.StepLR.state_dict() holds, for one parameter group.
struct StepLrState {
  std::int64_t step_size = 1;
  double gamma = 0.1;
  double base_lr = 1e-3;        ///< the rate of the first epoch
  std::int64_t last_epoch = 0;  ///< epochs stepped so far
  double last_lr = 1e-3;        ///< the rate of the next epoch
};

}  // namespace torchwing
