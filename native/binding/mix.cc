#include "binding/mix.h"

#include <cmath>

#include "binding/arguments.h"
#include "binding/tensor.h"
#include "core/error.h"
#include "core/train/mix_batch.h"

namespace torchwing::binding {
namespace {

double readAlpha(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  const double alpha = readNumber(value, name);
  if (!(alpha >= 0 && std::isfinite(alpha))) failArgument(value, name, "a finite number >= 0");
  return alpha;
}

Napi::Value batchObject(Napi::Env env, MixedBatch&& batch) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("images", TensorHandle::fromTensor(env, std::move(batch.images)));
  object.Set("labels", TensorHandle::fromTensor(env, std::move(batch.labels)));
  return object;
}

Napi::Value mix(const Napi::CallbackInfo& info) {
  const Napi::Object object = readObject(info[2], "options");
  const MixOptions options = readMix(object);
  if (!options.enabled()) failArgument(info[2], "options", "a mixupAlpha or cutmixAlpha > 0");
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [images = TensorHandle::unwrap(info[0], "images").core(),
           labels = TensorHandle::unwrap(info[1], "labels").core(), options,
           classes = readInteger(object.Get("classes"), "classes", 1),
           epoch = readInteger(object.Get("epoch"), "epoch", 0),
           step = readInteger(object.Get("step"), "step", 0)] {
            return mixBatch(options, epoch, step, *images, *labels, classes);
          },
          batchObject);
}

}  // namespace

MixOptions readMix(const Napi::Value& value) {
  const Napi::Object object = readObject(value, "mix");
  MixOptions options;
  options.mixup_alpha = readAlpha(object, "mixupAlpha");
  options.cutmix_alpha = readAlpha(object, "cutmixAlpha");
  options.seed = static_cast<std::uint64_t>(readInteger(object.Get("seed"), "seed", 0));
  return options;
}

void initMix(Napi::Env env, Napi::Object exports) {
  exports.Set("mixBatch", Napi::Function::New<mix>(env, "mixBatch"));
}

}  // namespace torchwing::binding
