#pragma once

#include <c10/core/ScalarType.h>
#include <napi.h>

#include <string>

namespace torchwing::binding {

/// DType of lib/native/types.ts.
const char* dtypeName(c10::ScalarType dtype);

/// Throws INVALID_ARGUMENT for a name that is not a DType.
c10::ScalarType readDtype(const Napi::Value& value, const std::string& name);

}  // namespace torchwing::binding
