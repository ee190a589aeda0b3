#include "binding/functions.h"

#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

#include "binding/tensor.h"
#include "core/data/jpeg_encode.h"
#include "core/device/device_choice.h"
#include "core/device/threads.h"
#include "core/error.h"
#include "core/model/loss.h"

namespace torchwing::binding {
namespace {

Napi::Value crossEntropyOf(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [logits = TensorHandle::unwrap(info[0], "logits").core(),
           labels = TensorHandle::unwrap(info[1], "labels").core()] {
            const at::AutoGradMode grad(true);
            return crossEntropy(*logits, *labels);
          },
          TensorHandle::fromTensor);
}

Napi::Value setThreadsTo(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [threads = static_cast<int>(readInteger(info[0], "threads", 0))] { return setThreads(threads); },
          [](Napi::Env env, int threads) { return Napi::Number::New(env, threads); });
}

Napi::Object statusObject(Napi::Env env, const CudaStatus& status) {
  Napi::Array devices = Napi::Array::New(env, status.devices.size());
  for (std::size_t i = 0; i < status.devices.size(); ++i) {
    Napi::Object device = Napi::Object::New(env);
    device.Set("index", status.devices[i].index);
    device.Set("totalMemory", static_cast<double>(status.devices[i].total_memory));
    devices.Set(static_cast<std::uint32_t>(i), device);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("available", status.available);
  object.Set("whyNot", status.available ? env.Null() : Napi::Value(Napi::String::New(env, status.why_not)));
  object.Set("devices", devices);
  return object;
}

Napi::Value cuda(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())->compute(info.Env(), cudaStatus, statusObject);
}

struct Version {
  std::string cpu_capability;
  int threads;
};

Napi::Object versionObject(Napi::Env env, const Version& version) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("addon", TORCHWING_VERSION);
  object.Set("builtFor", TORCHWING_LIBTORCH_VERSION);
  object.Set("cpuCapability", version.cpu_capability);
  object.Set("threads", version.threads);
  return object;
}

Napi::Value version(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [] {
            return Version{at::get_cpu_capability(), setThreads(0)};
          },
          versionObject);
}

Napi::Value jpeg(const Napi::CallbackInfo& info) {
  const std::int64_t width = readInteger(info[1], "width", 1);
  const std::int64_t height = readInteger(info[2], "height", 1);
  auto rgb = readBytes(info[0], "rgb");
  if (static_cast<std::int64_t>(rgb.size()) != width * height * 3) {
    failArgument(info.Env(), "rgb", std::to_string(width * height * 3) + " bytes");
  }
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [rgb = std::move(rgb), width, height, quality = readInteger(info[3], "quality", 1)] {
            return encodeJpeg(rgb.data(), static_cast<int>(width), static_cast<int>(height),
                              static_cast<int>(quality));
          },
          [](Napi::Env env, const std::vector<std::uint8_t>& bytes) {
            Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes.size());
            std::memcpy(buffer.Data(), bytes.data(), bytes.size());
            return buffer;
          });
}

}  // namespace

void initFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("crossEntropy", Napi::Function::New<crossEntropyOf>(env, "crossEntropy"));
  exports.Set("setThreads", Napi::Function::New<setThreadsTo>(env, "setThreads"));
  exports.Set("cudaStatus", Napi::Function::New<cuda>(env, "cudaStatus"));
  exports.Set("version", Napi::Function::New<version>(env, "version"));
  exports.Set("encodeJpeg", Napi::Function::New<jpeg>(env, "encodeJpeg"));
}

}  // namespace torchwing::binding
