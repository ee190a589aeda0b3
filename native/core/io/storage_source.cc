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

void requireBooleans(const pickle::StorageReference& reference, const at::Tensor& bytes) {
  if (reference.dtype != at::kBool) return;
  const auto* begin = bytes.const_data_ptr<std::uint8_t>();
  if (std::any_of(begin, begin + bytes.numel(), [](std::uint8_t value) { return value > 1; })) {
    throw Error("WEIGHTS_FORMAT",
                "storage " + printable(reference.key) + " holds booleans other than 0 and 1");
  }
}

}  // namespace torchwing
