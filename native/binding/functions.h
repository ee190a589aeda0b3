#pragma once

#include <napi.h>

namespace torchwing::binding {

/// crossEntropy, setThreads, cudaStatus, version and encodeJpeg of lib/native/types.ts.
void initFunctions(Napi::Env env, Napi::Object exports);

}  // namespace torchwing::binding
