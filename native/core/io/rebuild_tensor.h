#pragma once

#include <vector>

#include "core/io/pickle_value.h"

namespace torchwing::pickle {

/// What a persistent id, ('storage', type, key, location, elements[, view]), refers to. The location is
/// ignored: all tensors are read to the CPU. Throws Error WEIGHTS_FORMAT.
StorageReference storageReference(const Value& persistent_id);

/// The view that _rebuild_tensor(_v2)'s arguments, (storage, offset, sizes, strides, …), describe, checked
/// against the storage. Throws Error WEIGHTS_FORMAT.
TensorReference tensorReference(const std::vector<const Value*>& arguments);

}  // namespace torchwing::pickle
