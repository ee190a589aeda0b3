#include "binding/image_loader.h"

#include <cstring>

#include "binding/decode_limits.h"
#include "binding/images_under_way.h"
#include "binding/loader_costs.h"
#include "binding/tensor.h"
#include "binding/transform_spec.h"

namespace torchwing::binding {
namespace {

std::vector<Sample> readSamples(const Napi::Value& value) {
  const Napi::Array array = readArray(value, "samples");
  std::vector<Sample> samples;
  samples.reserve(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    const std::string name = "samples[" + std::to_string(i) + "]";
    const Napi::Object object = readObject(array.Get(i), name);
    Sample sample{readString(object.Get("path"), name + ".path"),
                  readInteger(object.Get("label"), name + ".label", 0),
                  {}};
    const Napi::Value bytes = object.Get("bytes");
    if (!bytes.IsUndefined()) {
      sample.bytes = std::make_shared<const std::vector<std::uint8_t>>(readBytes(bytes, name + ".bytes"));
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

LoaderOptions readOptions(const Napi::Value& value) {
  const Napi::Object object = readObject(value, "options");
  LoaderOptions options;
  options.samples = readSamples(object.Get("samples"));
  options.transforms = readTransforms(object.Get("transforms"));
  options.batch_size = readInteger(object.Get("batchSize"), "batchSize", 1);
  options.workers = readInt(object.Get("workers"), "workers", 1);
  options.prefetch_batches = readInt(object.Get("prefetchBatches"), "prefetchBatches", 1);
  options.seed = static_cast<std::uint64_t>(readInteger(object.Get("seed"), "seed", 0));
  options.shuffle = readBool(object.Get("shuffle"), "shuffle");
  options.drop_last = readBool(object.Get("dropLast"), "dropLast");
  options.skip_bad_images = readBool(object.Get("skipBadImages"), "skipBadImages");
  options.limits = readLimits(object.Get("limits"));
  options.exif = readChoice<ExifPolicy>(object.Get("exif"), "exif",
                                        {{"ignore", ExifPolicy::kIgnore}, {"apply", ExifPolicy::kApply}});
  options.decode = readChoice<DecodeForm>(object.Get("decode"), "decode",
                                          {{"exact", DecodeForm::kExact}, {"scaled", DecodeForm::kScaled}});
  options.resize = readChoice<ResizeArithmetic>(
      object.Get("resize"), "resize",
      {{"pillow", ResizeArithmetic::kPillow}, {"tensor", ResizeArithmetic::kTensor}});
  options.cache_bytes = readInteger(object.Get("cacheBytes"), "cacheBytes", 0);
  return options;
}

Napi::Value batchObject(Napi::Env env, LoadedBatch&& batch) {
  Napi::ArrayBuffer indices = Napi::ArrayBuffer::New(env, batch.indices.size() * sizeof(std::int32_t));
  auto* target = static_cast<std::int32_t*>(indices.Data());
  for (const std::int64_t index : batch.indices) *target++ = static_cast<std::int32_t>(index);
  Napi::Object object = Napi::Object::New(env);
  object.Set("images", TensorHandle::fromTensor(env, std::move(batch.images)));
  object.Set("labels", TensorHandle::fromTensor(env, std::move(batch.labels)));
  object.Set("indices", indices);
  object.Set("step", static_cast<double>(batch.step));
  return object;
}

}  // namespace

const napi_type_tag ImageLoaderHandle::kTag = {0x0e95d4a8b7c6412f, 0xc3d7f28e164b90a5};

void ImageLoaderHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&ImageLoaderHandle::create>("create"),
                         InstanceAccessor<&ImageLoaderHandle::steps>("steps"),
                         InstanceMethod<&ImageLoaderHandle::start>("start"),
                         InstanceMethod<&ImageLoaderHandle::next>("next"),
                         InstanceMethod<&ImageLoaderHandle::cancel>("cancel"),
                         InstanceMethod<&ImageLoaderHandle::costs>("costs"),
                         InstanceMethod<&ImageLoaderHandle::underWay>("underWay"),
                         disposeMethod(),
                     }));
}

Napi::Value ImageLoaderHandle::create(const Napi::CallbackInfo& info) {
  const auto data = AddonData::of(info.Env());
  return data->compute(
      info.Env(),
      [thread = data->sharedThread(), options = readOptions(info[0])]() mutable {
        return AsyncLoader::create(thread, std::move(options));
      },
      wrap);
}

Napi::Value ImageLoaderHandle::steps(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(core()->loader().steps()));
}

Napi::Value ImageLoaderHandle::start(const Napi::CallbackInfo& info) {
  return data().compute(info.Env(),
                        [loader = core(), epoch = readInteger(info[0], "epoch", 0),
                         step = readInteger(info[1], "startStep", 0)] { loader->start(epoch, step); });
}

Napi::Value ImageLoaderHandle::next(const Napi::CallbackInfo& info) {
  return data().computeLater<std::optional<LoadedBatch>>(
      info.Env(), Executor::Lane::kShort,
      [loader = core()](const auto& answer) {
        // The outer optional says whether there is an answer at all, the inner one whether the epoch goes on.
        loader->request([answer](std::optional<LoadedBatch> batch, const std::exception_ptr& exception) {
          answer(std::optional(std::move(batch)), exception);
        });
      },
      [](Napi::Env env, std::optional<LoadedBatch>&& batch) -> Napi::Value {
        return batch ? batchObject(env, std::move(*batch)) : env.Null();
      });
}

Napi::Value ImageLoaderHandle::cancel(const Napi::CallbackInfo& info) {
  core()->loader().cancel();
  return info.Env().Undefined();
}

Napi::Value ImageLoaderHandle::costs(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [loader = core()] { return loader->loader().costs(); }, costsObject);
}

Napi::Value ImageLoaderHandle::underWay(const Napi::CallbackInfo& info) {
  return imagesUnderWay(info.Env(), core()->loader().underWay(readNumber(info[0], "seconds")));
}

}  // namespace torchwing::binding
