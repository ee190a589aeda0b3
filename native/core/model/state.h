#pragma once

#include "core/model/named_tensor.h"
#include "core/model/network.h"

namespace torchwing {

/// Copies `source` into the network's tensors by name, converting dtype and device. All or nothing, strict as
/// load_state_dict: throws Error WEIGHTS_MISMATCH that lists every missing, unexpected and wrongly shaped
/// key. A missing num_batches_tracked counts as 0: files from before it existed are sound.
void copyState(Network& network, const StateDict& source);

}  // namespace torchwing
