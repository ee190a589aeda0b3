#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

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

/// Throws Error WEIGHTS_FORMAT, naming `owner`, for booleans with other bytes than 0 and 1: undefined
/// behaviour once they are read as bool. `memory` is a contiguous tensor of any dtype.
void requireBooleans(const std::string& owner, const at::Tensor& memory);

}  // namespace torchwing
