#pragma once

#include <napi.h>

namespace torchwing::binding {

/// crossEntropy, setThreads, cudaStatus, explainCudaAbsence, openCudaPart, requireDeviceGraphs, version,
/// encodeJpeg and onWarning of lib/native/types.ts.
void initFunctions(Napi::Env env, Napi::Object exports);

}  // namespace torchwing::binding
