#pragma once

#include "binding/async_loader.h"
#include "binding/handle.h"

namespace torchwing::binding {

/// NativeImageLoader of lib/native/types.ts.
class ImageLoaderHandle : public Handle<ImageLoaderHandle, AsyncLoader> {
 public:
  static constexpr const char* kName = "ImageLoader";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit ImageLoaderHandle(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value steps(const Napi::CallbackInfo& info);
  Napi::Value start(const Napi::CallbackInfo& info);
  Napi::Value next(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value costs(const Napi::CallbackInfo& info);
  Napi::Value underWay(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
