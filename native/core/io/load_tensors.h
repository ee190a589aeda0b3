#pragma once

#include <vector>

#include "core/io/state_dict_from_pickle.h"
#include "core/io/storage_source.h"
#include "core/model/named_tensor.h"

namespace torchwing {

/// The tensors behind `references`, in their order. Each storage is read once; tensors that are views of one
/// storage share its memory. Throws Error WEIGHTS_FORMAT.
StateDict loadTensors(const std::vector<pickle::NamedReference>& references, StorageSource& source);

}  // namespace torchwing
