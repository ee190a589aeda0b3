#include "binding/image_inspection.h"

#include <cinttypes>
#include <cstdio>

#include "binding/decode_limits.h"
#include "binding/images_under_way.h"
#include "loader/background_task.h"

namespace torchwing::binding {
namespace {

using Facts = std::optional<std::vector<ImageFacts>>;

const char* verdictName(ImageVerdict verdict) {
  switch (verdict) {
    case ImageVerdict::kGood:
      return "good";
    case ImageVerdict::kTruncated:
      return "truncated";
    case ImageVerdict::kTooLarge:
      return "tooLarge";
    case ImageVerdict::kEmpty:
      return "empty";
    case ImageVerdict::kUnreadable:
      break;
  }
  return "unreadable";
}

/// 16 hex digits: a double holds no 64 bits.
Napi::Value hashText(Napi::Env env, const std::optional<std::uint64_t>& hash) {
  if (!hash) return env.Null();
  char text[17];
  std::snprintf(text, sizeof(text), "%016" PRIx64, *hash);
  return Napi::String::New(env, text);
}

Napi::Object factsObject(Napi::Env env, const ImageFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("verdict", verdictName(facts.verdict));
  object.Set("format", facts.header.format);
  object.Set("cmyk", facts.header.cmyk);
  object.Set("animated", facts.header.animated);
  object.Set("orientation", facts.header.orientation);
  object.Set("width", facts.width);
  object.Set("height", facts.height);
  object.Set("bytes", static_cast<double>(facts.bytes));
  object.Set("sha256", facts.sha256);
  object.Set("perceptualHash", hashText(env, facts.perceptual_hash));
  object.Set("code", facts.code);
  object.Set("message", facts.message);
  return object;
}

Napi::Value factsArray(Napi::Env env, const Facts& facts) {
  if (!facts) return env.Null();
  Napi::Array array = Napi::Array::New(env, facts->size());
  for (std::size_t i = 0; i < facts->size(); ++i) {
    const Napi::HandleScope scope(env);
    array.Set(static_cast<std::uint32_t>(i), factsObject(env, (*facts)[i]));
  }
  return array;
}

std::vector<std::string> readPaths(const Napi::Value& value) {
  const Napi::Array array = readArray(value, "paths");
  std::vector<std::string> paths;
  paths.reserve(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    paths.push_back(readString(array.Get(i), "paths[" + std::to_string(i) + "]"));
  }
  return paths;
}

}  // namespace

const napi_type_tag ImageInspectionHandle::kTag = {0x5b1d70c9e3fa4286, 0x9d42e8b7601c35fa};

void ImageInspectionHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&ImageInspectionHandle::create>("create"),
                         InstanceAccessor<&ImageInspectionHandle::done>("done"),
                         InstanceMethod<&ImageInspectionHandle::run>("run"),
                         InstanceMethod<&ImageInspectionHandle::cancel>("cancel"),
                         InstanceMethod<&ImageInspectionHandle::underWay>("underWay"),
                         disposeMethod(),
                     }));
}

Napi::Value ImageInspectionHandle::create(const Napi::CallbackInfo& info) {
  const Napi::Object options = readObject(info[1], "options");
  return wrap(info.Env(),
              std::make_shared<ImageInspection>(readPaths(info[0]), readLimits(options.Get("limits")),
                                                readInt(options.Get("workers"), "workers", 1)));
}

Napi::Value ImageInspectionHandle::done(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(core()->done()));
}

Napi::Value ImageInspectionHandle::run(const Napi::CallbackInfo& info) {
  // Not on the compute thread, which a training run may hold for hours.
  return BackgroundTask<Facts>::start(
      info.Env(), [inspection = core()] { return inspection->run(); }, factsArray,
      [](Napi::Env env, const std::string& message) {
        return Failure{"NATIVE", message, {}}.toError(env);
      },
      [inspection = core()] { inspection->cancel(); });
}

Napi::Value ImageInspectionHandle::cancel(const Napi::CallbackInfo& info) {
  core()->cancel();
  return info.Env().Undefined();
}

Napi::Value ImageInspectionHandle::underWay(const Napi::CallbackInfo& info) {
  return imagesUnderWay(info.Env(), core()->underWay(readNumber(info[0], "seconds")));
}

}  // namespace torchwing::binding
