#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/io/pickle_value.h"

namespace torchwing {

/// Where the bytes behind a pickle's storages come from.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  /// The bytes of one storage (uint8, one dimension), read straight into memory that tensors can share.
  /// Throws Error WEIGHTS_FORMAT.
  virtual at::Tensor storage(const pickle::StorageReference& reference) = 0;
};

/// Throws Error WEIGHTS_FORMAT unless `bytes` is exactly what the pickle says that the storage holds.
void requireStorageSize(const pickle::StorageReference& reference, std::uint64_t bytes);

/// Throws Error WEIGHTS_FORMAT for a storage of booleans with other bytes than 0 and 1: undefined behaviour
/// once they are read as bool.
void requireBooleans(const pickle::StorageReference& reference, const at::Tensor& bytes);

}  // namespace torchwing
