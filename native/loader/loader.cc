// The tiny addon that knows no LibTorch: it maps LibTorch's libraries by path, so that the real addon, which
// carries no path to them, finds them mapped already.
#include <dlfcn.h>
#include <link.h>
#include <napi.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "cuda_driver.h"

namespace {

Napi::Error makeError(Napi::Env env, const std::string& code, const std::string& message,
                      const std::string& hint = {}) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", code);
  error.Value().Set("hint", hint);
  return error;
}

std::string readString(const Napi::CallbackInfo& info, std::size_t index, const char* name) {
  if (!info[index].IsString()) {
    throw makeError(info.Env(), "INVALID_ARGUMENT",
                    std::string("Invalid value for \"") + name + "\": expected a string.");
  }
  return info[index].As<Napi::String>().Utf8Value();
}

/// Maps libraries on libuv's pool: it takes a second for gigabytes, and JavaScript goes on meanwhile.
class MapLibraries : public Napi::AsyncWorker {
 public:
  MapLibraries(Napi::Env env, std::vector<std::string> paths)
      : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), paths_(std::move(paths)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    for (const std::string& path : paths_) {
      // RTLD_LOCAL: 74,000 symbols, libuv's among them, stay out of the way of other addons.
      if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) continue;
      const char* reason = dlerror();
      SetError("Cannot map \"" + path + "\": " + (reason != nullptr ? reason : "unknown reason") + ".");
      return;
    }
  }

  void OnOK() override { deferred_.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(
        makeError(Env(), "LIBTORCH_LOAD", error.Message(), "Run `npx torchwing doctor`.").Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::vector<std::string> paths_;
};

Napi::Value mapLibraries(const Napi::CallbackInfo& info) {
  if (!info[0].IsArray()) {
    throw makeError(info.Env(), "INVALID_ARGUMENT",
                    "Invalid value for \"paths\": expected an array of strings.");
  }
  const auto array = info[0].As<Napi::Array>();
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < array.Length(); ++i) paths.push_back(array.Get(i).ToString().Utf8Value());
  auto* worker = new MapLibraries(info.Env(), std::move(paths));
  const Napi::Promise promise = worker->promise();
  worker->Queue();  // it deletes itself
  return promise;
}

Napi::Value mappedPath(const Napi::CallbackInfo& info) {
  const std::string soname = readString(info, 0, "soname");
  void* handle = dlopen(soname.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return info.Env().Null();
  link_map* map = nullptr;
  const bool found = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0;
  const std::string path = found ? map->l_name : "";
  dlclose(handle);
  return found ? Napi::Value(Napi::String::New(info.Env(), path)) : info.Env().Null();
}

/// process.env of a worker is a copy, and of the main thread the host's to see; libgomp reads the C
/// environment.
Napi::Value setEnvironment(const Napi::CallbackInfo& info) {
  const std::string name = readString(info, 0, "name");
  if (info[1].IsNull()) {
    unsetenv(name.c_str());
  } else {
    setenv(name.c_str(), readString(info, 1, "value").c_str(), 1);
  }
  return info.Env().Undefined();
}

class ProbeCudaDriver : public Napi::AsyncWorker {
 public:
  explicit ProbeCudaDriver(Napi::Env env) : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { driver_ = torchwing::probeCudaDriver(); }
  void OnOK() override {
    Napi::Object object = Napi::Object::New(Env());
    Napi::Array names = Napi::Array::New(Env());
    for (const std::string& name : driver_.names) names.Set(names.Length(), name);
    object.Set("devices", driver_.devices);
    object.Set("names", names);
    object.Set("driverVersion", driver_.version);
    object.Set("error",
               driver_.error.empty() ? Env().Null() : Napi::Value(Napi::String::New(Env(), driver_.error)));
    deferred_.Resolve(object);
  }

 private:
  Napi::Promise::Deferred deferred_;
  torchwing::CudaDriver driver_;
};

Napi::Value probeCudaDriver(const Napi::CallbackInfo& info) {
  auto* worker = new ProbeCudaDriver(info.Env());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("mapLibraries", Napi::Function::New<mapLibraries>(env, "mapLibraries"));
  exports.Set("mappedPath", Napi::Function::New<mappedPath>(env, "mappedPath"));
  exports.Set("setEnvironment", Napi::Function::New<setEnvironment>(env, "setEnvironment"));
  exports.Set("probeCudaDriver", Napi::Function::New<probeCudaDriver>(env, "probeCudaDriver"));
  return exports;
}

}  // namespace

NODE_API_MODULE(torchwing_loader, init)
