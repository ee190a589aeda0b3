#include "binding/resnet.h"

#include "binding/dtype.h"
#include "binding/state_dict.h"
#include "binding/tensor.h"
#include "core/device/device_choice.h"

namespace torchwing::binding {
namespace {

Layout readLayout(const Napi::Value& value) {
  const std::string text = readString(value, "layout");
  if (text != "fast" && text != "strided") failArgument(value, "layout", "'fast' or 'strided'");
  return text == "fast" ? Layout::kFast : Layout::kStrided;
}

Trainable readTrainable(const Napi::Value& value) {
  const std::string text = readString(value, "which");
  if (text != "all" && text != "head") failArgument(value, "which", "'all' or 'head'");
  return text == "all" ? Trainable::kAll : Trainable::kHead;
}

FrozenBatchNorm readFrozenBatchNorm(const Napi::Value& value) {
  const std::string text = readString(value, "frozenBatchNorm");
  if (text != "tutorial" && text != "eval") failArgument(value, "frozenBatchNorm", "'tutorial' or 'eval'");
  return text == "tutorial" ? FrozenBatchNorm::kTutorial : FrozenBatchNorm::kEval;
}

std::int64_t byteCount(const ResNet& net) {
  std::int64_t bytes = 0;
  for (const NamedTensor& entry : net.state()) bytes += static_cast<std::int64_t>(entry.tensor.nbytes());
  return bytes;
}

}  // namespace

const napi_type_tag ResNetHandle::kTag = {0x7ae3519c0d2846bf, 0xb4f81d63c97a2e50};

void ResNetHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&ResNetHandle::create>("create"),
                         InstanceAccessor<&ResNetHandle::arch>("arch"),
                         InstanceAccessor<&ResNetHandle::classes>("classes"),
                         InstanceAccessor<&ResNetHandle::layout>("layout"),
                         InstanceAccessor<&ResNetHandle::device>("device"),
                         InstanceAccessor<&ResNetHandle::training>("training"),
                         InstanceMethod<&ResNetHandle::replaceHead>("replaceHead"),
                         InstanceMethod<&ResNetHandle::setTrainable>("setTrainable"),
                         InstanceMethod<&ResNetHandle::train>("train"),
                         InstanceMethod<&ResNetHandle::eval>("eval"),
                         InstanceMethod<&ResNetHandle::forward>("forward"),
                         InstanceMethod<&ResNetHandle::to>("to"),
                         InstanceMethod<&ResNetHandle::stateDict>("stateDict"),
                         InstanceMethod<&ResNetHandle::loadStateDict>("loadStateDict"),
                         disposeMethod(),
                     }));
}

ResNetHandle::ResNetHandle(const Napi::CallbackInfo& info) : Handle(info) {
  accountMemory(byteCount(core()->net()));
}

Napi::Value ResNetHandle::create(const Napi::CallbackInfo& info) {
  const Napi::Object object = readObject(info[0], "options");
  ResNetOptions options;
  options.arch = readString(object.Get("arch"), "arch");
  options.classes = readInteger(object.Get("classes"), "classes");
  options.seed = static_cast<std::uint64_t>(readInteger(object.Get("seed"), "seed", 0));
  options.layout = readLayout(object.Get("layout"));
  options.precision = readChoice<Precision>(object.Get("precision"), "precision",
                                            {{"fp32", Precision::kFp32},
                                             {"tf32", Precision::kTf32},
                                             {"bf16", Precision::kBf16},
                                             {"fp16", Precision::kFp16}});
  options.dtype = readDtype(object.Get("dtype"), "dtype");
  return AddonData::of(info.Env())
      ->compute(
          info.Env(), [options] { return std::make_shared<LeasableModel>(options); }, wrap);
}

Napi::Value ResNetHandle::arch(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), core()->properties().arch);
}

Napi::Value ResNetHandle::classes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(core()->properties().classes));
}

Napi::Value ResNetHandle::layout(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), core()->properties().layout == Layout::kFast ? "fast" : "strided");
}

Napi::Value ResNetHandle::device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), core()->properties().device);
}

Napi::Value ResNetHandle::training(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), core()->properties().training);
}

template <class Work>
Napi::Value ResNetHandle::changeModel(const Napi::CallbackInfo& info, const char* call, Work work) {
  return data().compute(info.Env(),
                        [model = core(), call, work = std::move(work)] { model->change(call, work); });
}

Napi::Value ResNetHandle::replaceHead(const Napi::CallbackInfo& info) {
  const std::int64_t classes = readInteger(info[0], "classes");
  const auto seed = static_cast<std::uint64_t>(readInteger(info[1], "seed", 0));
  return changeModel(info, "replaceHead()", [classes, seed](ResNet& net) { net.replaceHead(classes, seed); });
}

Napi::Value ResNetHandle::setTrainable(const Napi::CallbackInfo& info) {
  const Trainable which = readTrainable(info[0]);
  const FrozenBatchNorm frozen = readFrozenBatchNorm(info[1]);
  return changeModel(info, "setTrainable()",
                     [which, frozen](ResNet& net) { net.setTrainable(which, frozen); });
}

Napi::Value ResNetHandle::train(const Napi::CallbackInfo& info) {
  return changeModel(info, "train()", [](ResNet& net) { net.train(true); });
}

Napi::Value ResNetHandle::eval(const Napi::CallbackInfo& info) {
  return changeModel(info, "eval()", [](ResNet& net) { net.train(false); });
}

Napi::Value ResNetHandle::forward(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(),
      [model = core(), images = TensorHandle::unwrap(info[0], "images").core(),
       grad = readBool(info[1], "grad")] {
        // In training mode even a forward pass without gradient moves BatchNorm's running statistics.
        if (grad || model->net().training()) model->requireFree("forward()");
        return model->net().forward(*images, grad);
      },
      TensorHandle::fromTensor);
}

Napi::Value ResNetHandle::to(const Napi::CallbackInfo& info) {
  return changeModel(info, "to()",
                     [device = readString(info[0], "device")](ResNet& net) { net.to(chooseDevice(device)); });
}

Napi::Value ResNetHandle::stateDict(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [model = core()] { return model->net().snapshot(); }, StateDictHandle::fromTensors);
}

Napi::Value ResNetHandle::loadStateDict(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(),
      [model = core(), state = StateDictHandle::unwrap(info[0], "state").core(),
       strict = readBool(info[1], "strict")] {
        IncompatibleKeys keys;
        model->change("loadStateDict()", [&](ResNet& net) {
          keys = net.load(state->tensors, {.strict = strict, .versions = state->versions});
        });
        return keys;
      },
      [](Napi::Env env, const IncompatibleKeys& keys) {
        Napi::Object object = Napi::Object::New(env);
        object.Set("missingKeys", stringArray(env, keys.missing_keys));
        object.Set("unexpectedKeys", stringArray(env, keys.unexpected_keys));
        return object;
      });
}

}  // namespace torchwing::binding
