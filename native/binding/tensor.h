#pragma once

#include <ATen/core/Tensor.h>

#include "binding/handle.h"

namespace torchwing::binding {

/// NativeTensor of lib/native/types.ts.
class TensorHandle : public Handle<TensorHandle, at::Tensor> {
 public:
  static constexpr const char* kName = "Tensor";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  /// A JavaScript object over `tensor`, for the toValue side of a computation.
  static Napi::Value fromTensor(Napi::Env env, at::Tensor tensor);

  explicit TensorHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value from(const Napi::CallbackInfo& info);
  Napi::Value shape(const Napi::CallbackInfo& info);
  Napi::Value dtype(const Napi::CallbackInfo& info);
  Napi::Value device(const Napi::CallbackInfo& info);
  Napi::Value to(const Napi::CallbackInfo& info);
  Napi::Value argmax(const Napi::CallbackInfo& info);
  Napi::Value softmax(const Napi::CallbackInfo& info);
  Napi::Value eq(const Napi::CallbackInfo& info);
  Napi::Value sum(const Napi::CallbackInfo& info);
  Napi::Value backward(const Napi::CallbackInfo& info);
  Napi::Value item(const Napi::CallbackInfo& info);
  Napi::Value data(const Napi::CallbackInfo& info);

  /// A promise of a new tensor that `operation` makes of this one on the compute thread.
  template <class Operation>
  Napi::Value derive(const Napi::CallbackInfo& info, Operation operation);
};

/// [N, ...] as a JavaScript array.
Napi::Array shapeArray(Napi::Env env, at::IntArrayRef sizes);

}  // namespace torchwing::binding
