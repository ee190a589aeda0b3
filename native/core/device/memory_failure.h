#pragma once

#include <c10/core/Device.h>

#include <exception>
#include <optional>
#include <string>

namespace torchwing {

/// What was asked for and, on an accelerator, what was free, as half a sentence, when `failure` says that
/// memory ran out; nothing for any other failure.
std::optional<std::string> memoryFailure(const std::exception_ptr& failure);

/// Gives the blocks that LibTorch keeps for later back to the accelerator; on the CPU there are none.
void releaseCachedMemory(c10::Device device);

}  // namespace torchwing
