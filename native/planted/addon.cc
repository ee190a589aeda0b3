#include <napi.h>

#include "planted_bugs.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("plantBug", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return Napi::Boolean::New(info.Env(),
                                          torchwing::plantBug(info[0].As<Napi::String>().Utf8Value()));
              }));
  return exports;
}

}  // namespace

NODE_API_MODULE(planted, init)
