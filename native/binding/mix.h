#pragma once

#include <napi.h>

#include "core/data/mix.h"

namespace torchwing::binding {

/// NativeMix of lib/native/types.ts. Throws INVALID_ARGUMENT.
MixOptions readMix(const Napi::Value& value);

/// Exports mixBatch.
void initMix(Napi::Env env, Napi::Object exports);

}  // namespace torchwing::binding
