#pragma once

#include <c10/core/Device.h>

#include <exception>
#include <optional>
#include <string>

#include "core/out_of_memory.h"

namespace torchwing {

struct MemoryFailure {
  std::string reason;       ///< half a sentence: what was asked for and, on an accelerator, what was free
  MemoryShortage shortage;  ///< without the batch
};

/// What is known of it when `failure` says that memory ran out; nothing for any other failure. `device` is
/// the one that was worked on; where nobody knows, LibTorch's words and its accelerator tell. To be asked
/// before releaseCachedMemory(), while the device is as the failure left it.
std::optional<MemoryFailure> memoryFailure(const std::exception_ptr& failure,
                                           std::optional<c10::Device> device = std::nullopt);

/// Gives the blocks that LibTorch keeps for later back to the accelerator; on the CPU there are none.
void releaseCachedMemory(c10::Device device);

}  // namespace torchwing
