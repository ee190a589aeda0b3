#pragma once

#include <string>
#include <vector>

#include "core/model/module_versions.h"
#include "core/model/named_tensor.h"

namespace torchwing {

struct Network;

/// What torch.nn.Module.load_state_dict returns: keys of the model that the source lacks, in the model's
/// order, and keys of the source that the model lacks, in the source's.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;
  std::vector<std::string> unexpected_keys;
};

struct LoadOptions {
  /// Whether a missing or unexpected key is an error.
  bool strict = true;
  /// Of the source. A BatchNorm older than version 2 may lack num_batches_tracked, and then keeps the one it
  /// has.
  ModuleVersions versions = {};
};

/// Copies `source` into the network's tensors by name, converting dtype and device, with the semantics of
/// torch.nn.Module.load_state_dict, but all or nothing. Throws Error WEIGHTS_MISMATCH that lists every key at
/// fault: missing and unexpected ones when strict, those of another shape always, with both shapes.
IncompatibleKeys copyState(Network& network, const StateDict& source, const LoadOptions& options = {});

}  // namespace torchwing
