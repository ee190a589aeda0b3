#pragma once

#include "binding/handle.h"
#include "core/data/image_inspection.h"

namespace torchwing::binding {

/// NativeImageInspection of lib/native/types.ts.
class ImageInspectionHandle : public Handle<ImageInspectionHandle, ImageInspection> {
 public:
  static constexpr const char* kName = "ImageInspection";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit ImageInspectionHandle(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value done(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value underWay(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
