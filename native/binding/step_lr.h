#pragma once

#include "binding/handle.h"
#include "binding/sgd.h"
#include "core/optim/step_lr.h"

namespace torchwing::binding {

/// A schedule and the optimizer whose rate it sets. Plain numbers: it lives on the JavaScript thread.
struct ScheduledOptimizer {
  std::shared_ptr<ModelOptimizer> optimizer;
  StepLr schedule;
};

/// NativeStepLR of lib/native/types.ts.
class StepLrHandle : public Handle<StepLrHandle, ScheduledOptimizer> {
 public:
  static constexpr const char* kName = "StepLR";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit StepLrHandle(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value lastLr(const Napi::CallbackInfo& info);
  Napi::Value lastEpoch(const Napi::CallbackInfo& info);
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value loadState(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
