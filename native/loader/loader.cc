// The tiny addon that knows no LibTorch: it maps LibTorch's libraries by path, so that the real addon, which
// carries no path to them, finds them mapped already.
#include <napi.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "background_task.h"
#include "cuda_driver.h"
#include "libraries.h"

namespace {

using torchwing::BackgroundTask;
using torchwing::CudaDriver;

Napi::Error makeError(Napi::Env env, const std::string& code, const std::string& message,
                      const std::string& hint = {}) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", code);
  error.Value().Set("hint", hint);
  return error;
}

Napi::Error loadError(Napi::Env env, const std::string& message) {
  return makeError(env, "LIBTORCH_LOAD", message, "Run `npx torchwing doctor`; it says what is missing.");
}

Napi::Error argumentError(Napi::Env env, const char* name, const char* expected) {
  return makeError(env, "INVALID_ARGUMENT",
                   std::string("Invalid value for \"") + name + "\": expected " + expected + ".");
}

std::string readString(const Napi::CallbackInfo& info, std::size_t index, const char* name) {
  if (!info[index].IsString()) throw argumentError(info.Env(), name, "a string");
  return info[index].As<Napi::String>().Utf8Value();
}

std::vector<std::string> readStrings(const Napi::CallbackInfo& info, std::size_t index, const char* name) {
  if (!info[index].IsArray()) throw argumentError(info.Env(), name, "an array of strings");
  const auto array = info[index].As<Napi::Array>();
  std::vector<std::string> strings;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value value = array.Get(i);
    if (!value.IsString()) throw argumentError(info.Env(), name, "an array of strings");
    strings.push_back(value.As<Napi::String>().Utf8Value());
  }
  return strings;
}

Napi::Value mapLibraries(const Napi::CallbackInfo& info) {
  return BackgroundTask<std::monostate>::start(
      info.Env(),
      [paths = readStrings(info, 0, "paths")] {
        for (const std::string& path : paths) torchwing::mapLibrary(path);
        return std::monostate();
      },
      [](Napi::Env env, std::monostate) { return env.Undefined(); }, loadError);
}

Napi::Value mapLibrary(const Napi::CallbackInfo& info) {
  const std::string path = readString(info, 0, "path");
  try {
    torchwing::mapLibrary(path);
  } catch (const std::runtime_error& error) {
    throw loadError(info.Env(), error.what());
  }
  return info.Env().Undefined();
}

Napi::Value mappedPath(const Napi::CallbackInfo& info) {
  const auto path = torchwing::mappedPath(readString(info, 0, "soname"));
  return path.has_value() ? Napi::Value(Napi::String::New(info.Env(), *path)) : info.Env().Null();
}

/// process.env of a worker is a copy, and the main thread's is the host's to see; libgomp reads the C
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

Napi::Value textOrNull(Napi::Env env, const std::string& text) {
  return text.empty() ? env.Null() : Napi::Value(Napi::String::New(env, text));
}

Napi::Value failureObject(Napi::Env env, const CudaDriver& driver) {
  if (!driver.failure.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("call", driver.failure->call);
  object.Set("code", driver.failure->code);
  object.Set("name", textOrNull(env, driver.failure->name));
  return object;
}

Napi::Value deviceObject(Napi::Env env, const std::optional<torchwing::CudaDriverDevice>& device) {
  if (!device.has_value()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", device->name);
  object.Set("capability", device->capability);
  object.Set("totalMemory", static_cast<double>(device->total_memory));
  return object;
}

Napi::Object driverObject(Napi::Env env, const CudaDriver& driver) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array devices = Napi::Array::New(env);
  for (const auto& device : driver.devices) devices.Set(devices.Length(), deviceObject(env, device));
  const auto& visible = driver.visible_devices;
  object.Set("missing", textOrNull(env, driver.missing));
  object.Set("library", textOrNull(env, driver.library));
  object.Set("driverVersion", driver.version);
  object.Set("devices", devices);
  object.Set("failure", failureObject(env, driver));
  object.Set("visibleDevices",
             visible.has_value() ? Napi::Value(Napi::String::New(env, *visible)) : env.Null());
  return object;
}

Napi::Value probeCudaDriver(const Napi::CallbackInfo& info) {
  return BackgroundTask<CudaDriver>::start(info.Env(), torchwing::probeCudaDriver, driverObject, loadError);
}

/// Files that must not outlive their environment.
using EndFiles = std::shared_ptr<std::set<std::string>>;

/// In one call from JavaScript, between two of which a worker can be terminated: there is no such file, or
/// one that goes with its environment. Gives errno, 0 when the file is made.
Napi::Value holdFile(const Napi::CallbackInfo& info) {
  const std::string path = readString(info, 0, "path");
  const std::string content = readString(info, 1, "content");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return Napi::Number::New(info.Env(), errno);
  const ssize_t written = write(file, content.data(), content.size());
  int error = written < 0 ? errno : 0;
  if (written >= 0 && static_cast<std::size_t>(written) < content.size()) error = ENOSPC;
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0) {
    (*info.Env().GetInstanceData<EndFiles>())->insert(path);
  } else {
    unlink(path.c_str());
  }
  return Napi::Number::New(info.Env(), error);
}

Napi::Value removeAtEnd(const Napi::CallbackInfo& info) {
  (*info.Env().GetInstanceData<EndFiles>())->insert(readString(info, 0, "path"));
  return info.Env().Undefined();
}

Napi::Value keepAtEnd(const Napi::CallbackInfo& info) {
  (*info.Env().GetInstanceData<EndFiles>())->erase(readString(info, 0, "path"));
  return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto files = std::make_shared<EndFiles::element_type>();
  env.SetInstanceData(new EndFiles(files));
  // Hooks run last to first: what still writes was started later, and has ended by then.
  env.AddCleanupHook([files] {
    for (const std::string& path : *files) unlink(path.c_str());
  });
  exports.Set("holdFile", Napi::Function::New<holdFile>(env, "holdFile"));
  exports.Set("removeAtEnd", Napi::Function::New<removeAtEnd>(env, "removeAtEnd"));
  exports.Set("keepAtEnd", Napi::Function::New<keepAtEnd>(env, "keepAtEnd"));
  exports.Set("mapLibraries", Napi::Function::New<mapLibraries>(env, "mapLibraries"));
  exports.Set("mapLibrary", Napi::Function::New<mapLibrary>(env, "mapLibrary"));
  exports.Set("mappedPath", Napi::Function::New<mappedPath>(env, "mappedPath"));
  exports.Set("setEnvironment", Napi::Function::New<setEnvironment>(env, "setEnvironment"));
  exports.Set("probeCudaDriver", Napi::Function::New<probeCudaDriver>(env, "probeCudaDriver"));
  return exports;
}

}  // namespace

NODE_API_MODULE(torchwing_loader, init)
