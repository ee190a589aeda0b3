#pragma once

#include <napi.h>

#include "core/data/decode_limits.h"

namespace torchwing::binding {

/// ImageLimits of lib/data/loader-defaults.ts. Throws INVALID_ARGUMENT.
DecodeLimits readLimits(const Napi::Value& value);

}  // namespace torchwing::binding
