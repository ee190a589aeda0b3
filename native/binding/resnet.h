#pragma once

#include "binding/handle.h"
#include "binding/leasable_model.h"

namespace torchwing::binding {

/// NativeResNet of lib/native/types.ts.
class ResNetHandle : public Handle<ResNetHandle, LeasableModel> {
 public:
  static constexpr const char* kName = "ResNet";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit ResNetHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value arch(const Napi::CallbackInfo& info);
  Napi::Value classes(const Napi::CallbackInfo& info);
  Napi::Value layout(const Napi::CallbackInfo& info);
  Napi::Value device(const Napi::CallbackInfo& info);
  Napi::Value training(const Napi::CallbackInfo& info);
  Napi::Value replaceHead(const Napi::CallbackInfo& info);
  Napi::Value setTrainable(const Napi::CallbackInfo& info);
  Napi::Value train(const Napi::CallbackInfo& info);
  Napi::Value eval(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value to(const Napi::CallbackInfo& info);
  Napi::Value stateDict(const Napi::CallbackInfo& info);
  Napi::Value loadStateDict(const Napi::CallbackInfo& info);

  /// A promise of `work` on the model, which must not be leased.
  template <class Work>
  Napi::Value changeModel(const Napi::CallbackInfo& info, const char* call, Work work);
};

}  // namespace torchwing::binding
