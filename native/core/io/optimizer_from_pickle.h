#pragma once

#include <string_view>
#include <vector>

#include "core/io/pickle_value.h"
#include "core/optim/optimizer_state.h"

namespace torchwing::pickle {

/// torch.optim.SGD.state_dict(), its tensors still references that live in the Document.
struct PickledSgd {
  SgdOptions options;
  std::vector<const TensorReference*> momentum_buffers;  ///< per parameter; null before its first step
};

/// Reads `optimizer.state_dict()`. Buffers go to parameters by their place in `params`, as in Python's
/// load_state_dict; entries of the group that do not change SGD's arithmetic (foreach, fused, initial_lr,
/// what schedulers leave there) are passed over. Throws Error WEIGHTS_UNSUPPORTED for another optimizer,
/// several parameter groups, maximize, or a rate that is a tensor; WEIGHTS_FORMAT for a malformed one.
PickledSgd sgdFromPickle(const Value& state_dict);

/// Reads `scheduler.state_dict()` of a StepLR over one parameter group. Throws Error WEIGHTS_UNSUPPORTED for
/// another scheduler, WEIGHTS_FORMAT for a malformed one.
StepLrState stepLrFromPickle(const Value& state_dict);

/// The value under a name of a dict; null where there is none, or where `value` is no dict.
const Value* entryOf(const Value& value, std::string_view name);

}  // namespace torchwing::pickle
