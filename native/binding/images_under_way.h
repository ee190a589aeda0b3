#pragma once

#include <napi.h>

#include <vector>

#include "core/data/images_under_way.h"

namespace torchwing::binding {

/// NativeImageUnderWay[] of lib/native/types.ts.
inline Napi::Value imagesUnderWay(Napi::Env env, const std::vector<ImageUnderWay>& found) {
  Napi::Array images = Napi::Array::New(env, found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    Napi::Object image = Napi::Object::New(env);
    image.Set("path", found[i].path);
    image.Set("seconds", found[i].seconds);
    images.Set(static_cast<std::uint32_t>(i), image);
  }
  return images;
}

}  // namespace torchwing::binding
