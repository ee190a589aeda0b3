#pragma once

#include <exception>
#include <optional>
#include <string>

namespace torchwing {

/// What an accelerator's runtime said, and what can be done about it.
struct DeviceFailure {
  std::string reason;  ///< half a sentence, with the runtime's own number
  std::string hint;
};

/// When `failure` is a call of the accelerator's runtime that failed. It need not be the call that threw:
/// work that the device does on its own fails at whichever call comes next.
std::optional<DeviceFailure> deviceFailure(const std::exception_ptr& failure);

}  // namespace torchwing
