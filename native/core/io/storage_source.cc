#include "core/io/storage_source.h"

#include <c10/core/ScalarType.h>

#include <algorithm>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing {

void requireStorageSize(const pickle::StorageReference& reference, std::uint64_t bytes) {
  std::uint64_t expected = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(reference.elements),
                             c10::elementSize(reference.dtype), &expected) ||
      bytes != expected) {
    throw Error("WEIGHTS_FORMAT", "storage " + printable(reference.key) + " has " + std::to_string(bytes) +
                                      " bytes, expected " + std::to_string(reference.elements) +
                                      " elements of " + c10::toString(reference.dtype));
  }
}

void requireBooleans(const std::string& owner, const at::Tensor& memory) {
  const auto* begin = static_cast<const std::uint8_t*>(memory.const_data_ptr());
  if (std::any_of(begin, begin + memory.nbytes(), [](std::uint8_t value) { return value > 1; })) {
    throw Error("WEIGHTS_FORMAT", owner + " holds booleans other than 0 and 1");
  }
}

}  // namespace torchwing
