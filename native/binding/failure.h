#pragma once

#include <napi.h>

#include <exception>
#include <optional>
#include <string>

#include "core/out_of_memory.h"

namespace torchwing::binding {

/// An exception of the core as plain text, so that it can travel to the JavaScript thread.
struct Failure {
  std::string code;
  std::string message;
  std::string hint;
  std::optional<MemoryShortage> shortage = {};  ///< of OUT_OF_MEMORY

  /// A JavaScript Error with `code`, `message`, `hint` and, of OUT_OF_MEMORY, `details`. JavaScript thread.
  Napi::Error toError(Napi::Env env) const;
};

/// One line, without C++ stack text. Any thread.
Failure describeException(const std::exception_ptr& exception);

}  // namespace torchwing::binding
