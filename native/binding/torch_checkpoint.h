#pragma once

#include <napi.h>

namespace torchwing::binding {

/// Exports saveTorchCheckpoint() and loadTorchCheckpoint() of lib/native/types.ts.
void initTorchCheckpoint(Napi::Env env, Napi::Object exports);

}  // namespace torchwing::binding
