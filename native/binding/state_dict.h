#pragma once

#include "binding/handle.h"
#include "core/io/weight_file.h"

namespace torchwing::binding {

/// NativeStateDict of lib/native/types.ts.
class StateDictHandle : public Handle<StateDictHandle, WeightFile> {
 public:
  static constexpr const char* kName = "StateDict";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  /// A JavaScript object over `tensors`, for the toValue side of a computation.
  static Napi::Value fromTensors(Napi::Env env, StateDict tensors);

  explicit StateDictHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value read(const Napi::CallbackInfo& info);
  static Napi::Value readCheckpoint(const Napi::CallbackInfo& info);
  Napi::Value entries(const Napi::CallbackInfo& info);
  Napi::Value record(const Napi::CallbackInfo& info);
  Napi::Value notes(const Napi::CallbackInfo& info);
  Napi::Value tensor(const Napi::CallbackInfo& info);
  Napi::Value save(const Napi::CallbackInfo& info);
  Napi::Value saveCheckpoint(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
