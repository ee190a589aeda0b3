#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/error.h"

namespace torchwing {

/// What is known of memory that ran out: bytes, and images of a batch.
struct MemoryShortage {
  std::string device = "cpu";                         ///< whose memory it is
  std::optional<std::int64_t> asked = {};             ///< by the allocation that failed
  std::optional<std::int64_t> free = {}, total = {};  ///< of an accelerator
  std::optional<std::int64_t> batch_size = {};        ///< of the batch that was tried
  std::optional<std::int64_t> micro_batch = {};       ///< so many of it were computed at once
};

/// OUT_OF_MEMORY, and what is known of it besides the words.
class OutOfMemory : public Error {
 public:
  OutOfMemory(const std::string& message, std::string hint, MemoryShortage shortage)
      : Error("OUT_OF_MEMORY", message, std::move(hint)), shortage_(std::move(shortage)) {}

  const MemoryShortage& shortage() const noexcept { return shortage_; }

 private:
  MemoryShortage shortage_;
};

}  // namespace torchwing
