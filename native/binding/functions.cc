#include "binding/functions.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

#include "binding/tensor.h"
#include "core/data/jpeg_encode.h"
#include "core/device/cuda_part.h"
#include "core/device/device_choice.h"
#include "core/device/device_graph.h"
#include "core/device/precision.h"
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
           labels = TensorHandle::unwrap(info[1], "labels").core(),
           smoothing = readShare(info[2], "labelSmoothing")] {
            const at::AutoGradMode grad(true);
            return crossEntropy(*logits, *labels, smoothing);
          },
          TensorHandle::fromTensor);
}

Napi::Value setThreadsTo(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(), [threads = readInt(info[0], "threads", 0)] { return setThreads(threads); },
          [](Napi::Env env, int threads) { return Napi::Number::New(env, threads); });
}

Napi::Object statusObject(Napi::Env env, const CudaStatus& status) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("available", status.available);
  object.Set("whyNot", status.available ? env.Null() : Napi::Value(Napi::String::New(env, status.why_not)));
  object.Set("cure", status.available ? env.Null() : Napi::Value(Napi::String::New(env, status.cure)));
  object.Set("devices", status.devices);
  return object;
}

void explainCuda(const Napi::CallbackInfo& info) {
  explainCudaAbsence(readString(info[0], "whyNot"), readString(info[1], "cure"));
}

void openCuda(const Napi::CallbackInfo& info) {
  openCudaPart(readString(info[0], "path"));
}

Napi::Value requireGraphs(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())->compute(info.Env(), [device = readString(info[0], "device")] {
    requireDeviceGraphs(chooseDevice(device));
  });
}

Napi::Value bf16OnCpu(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), cpuComputesBf16());
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
            return Version{at::get_cpu_capability(), at::get_num_threads()};
          },
          versionObject);
}

Napi::Value jpeg(const Napi::CallbackInfo& info) {
  const int width = readInt(info[1], "width", 1);
  const int height = readInt(info[2], "height", 1);
  auto rgb = readBytes(info[0], "rgb");
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  if (rgb.size() % 3 != 0 || rgb.size() / 3 != pixels) {
    failArgument(info[0], "rgb", "3 bytes for each of " + std::to_string(pixels) + " pixels");
  }
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [rgb = std::move(rgb), width, height, quality = readInt(info[3], "quality", 1)] {
            return encodeJpeg(rgb.data(), width, height, quality);
          },
          [](Napi::Env env, const std::vector<std::uint8_t>& bytes) {
            Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes.size());
            std::memcpy(buffer.Data(), bytes.data(), bytes.size());
            return buffer;
          });
}

Napi::Value onWarning(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) failArgument(info[0], "listener", "a function");
  const auto data = AddonData::of(info.Env());
  const int listener = data->keep(info[0].As<Napi::Function>());
  data->sharedThread()->warnings().addListener(
      [weak = std::weak_ptr(data), listener](const std::string& text) {
        const auto alive = weak.lock();
        if (alive == nullptr) return;
        alive->completions().post([weak, listener, text](Napi::Env env) {
          if (const auto data = weak.lock()) data->kept(listener).Call({Napi::String::New(env, text)});
        });
      });
  return info.Env().Undefined();
}

}  // namespace

void initFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("crossEntropy", Napi::Function::New<crossEntropyOf>(env, "crossEntropy"));
  exports.Set("cpuComputesBf16", Napi::Function::New<bf16OnCpu>(env, "cpuComputesBf16"));
  exports.Set("setThreads", Napi::Function::New<setThreadsTo>(env, "setThreads"));
  exports.Set("explainCudaAbsence", Napi::Function::New<explainCuda>(env, "explainCudaAbsence"));
  exports.Set("openCudaPart", Napi::Function::New<openCuda>(env, "openCudaPart"));
  exports.Set("requireDeviceGraphs", Napi::Function::New<requireGraphs>(env, "requireDeviceGraphs"));
  exports.Set("cudaStatus", Napi::Function::New<cuda>(env, "cudaStatus"));
  exports.Set("version", Napi::Function::New<version>(env, "version"));
  exports.Set("encodeJpeg", Napi::Function::New<jpeg>(env, "encodeJpeg"));
  exports.Set("onWarning", Napi::Function::New<onWarning>(env, "onWarning"));
}

}  // namespace torchwing::binding
