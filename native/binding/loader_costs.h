#pragma once

#include <napi.h>

#include "core/data/loader.h"

namespace torchwing::binding {

/// NativeLoaderCosts of lib/native/types.ts.
Napi::Object costsObject(Napi::Env env, const LoaderCosts& costs);

}  // namespace torchwing::binding
