#include "binding/state_dict.h"

#include <algorithm>

#include "binding/dtype.h"
#include "binding/tensor.h"
#include "core/error.h"
#include "core/io/checkpoint_file.h"

namespace torchwing::binding {
namespace {

WeightFormat readFormat(const Napi::Value& value) {
  const std::string text = readString(value, "format");
  if (text == "pth") return WeightFormat::kPth;
  if (text == "safetensors") return WeightFormat::kSafetensors;
  failArgument(value, "format", "'pth' or 'safetensors'");
}

}  // namespace

const napi_type_tag StateDictHandle::kTag = {0x1f70c9b2a45e4d13, 0x8b6d30e7f9214ca5};

void StateDictHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&StateDictHandle::read>("read"),
                         StaticMethod<&StateDictHandle::readCheckpoint>("readCheckpoint"),
                         InstanceAccessor<&StateDictHandle::entries>("entries"),
                         InstanceAccessor<&StateDictHandle::record>("record"),
                         InstanceAccessor<&StateDictHandle::notes>("notes"),
                         InstanceMethod<&StateDictHandle::tensor>("tensor"),
                         InstanceMethod<&StateDictHandle::save>("save"),
                         InstanceMethod<&StateDictHandle::saveCheckpoint>("saveCheckpoint"),
                         disposeMethod(),
                     }));
}

StateDictHandle::StateDictHandle(const Napi::CallbackInfo& info) : Handle(info) {
  std::int64_t bytes = 0;
  for (const NamedTensor& entry : core()->tensors) bytes += static_cast<std::int64_t>(entry.tensor.nbytes());
  accountMemory(bytes);
}

Napi::Value StateDictHandle::fromTensors(Napi::Env env, StateDict tensors) {
  return wrap(env, std::make_shared<WeightFile>(WeightFile{.tensors = std::move(tensors)}));
}

Napi::Value StateDictHandle::read(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [path = readString(info[0], "path"), prefix = readString(info[1], "prefix")] {
            return std::make_shared<WeightFile>(readWeights(path, prefix));
          },
          wrap);
}

Napi::Value StateDictHandle::readCheckpoint(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [path = readString(info[0], "path")] {
            return std::make_shared<WeightFile>(torchwing::readCheckpoint(path));
          },
          wrap);
}

Napi::Value StateDictHandle::entries(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const StateDict& tensors = core()->tensors;
  Napi::Array entries = Napi::Array::New(env, tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", tensors[i].name);
    entry.Set("dtype", dtypeName(tensors[i].tensor.scalar_type()));
    entry.Set("shape", shapeArray(env, tensors[i].tensor.sizes()));
    entries.Set(static_cast<std::uint32_t>(i), entry);
  }
  return entries;
}

Napi::Value StateDictHandle::record(const Napi::CallbackInfo& info) {
  const auto& record = core()->record;
  return record ? Napi::Value(Napi::String::New(info.Env(), *record)) : info.Env().Null();
}

Napi::Value StateDictHandle::notes(const Napi::CallbackInfo& info) {
  return stringArray(info.Env(), core()->notes);
}

Napi::Value StateDictHandle::tensor(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(),
      [state = core(), name = readString(info[0], "name")] {
        const auto found = std::find_if(state->tensors.begin(), state->tensors.end(),
                                        [&](const NamedTensor& entry) { return entry.name == name; });
        if (found == state->tensors.end()) {
          throw Error("INVALID_ARGUMENT", "This state_dict holds no tensor named \"" + name + "\".");
        }
        return found->tensor;
      },
      TensorHandle::fromTensor);
}

Napi::Value StateDictHandle::save(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [state = core(), path = readString(info[0], "path"), record = readString(info[1], "record"),
                   format = readFormat(info[2])] { writeWeights(path, state->tensors, record, format); });
}

Napi::Value StateDictHandle::saveCheckpoint(const Napi::CallbackInfo& info) {
  return data().write(info.Env(), [state = core(), path = readString(info[0], "path"),
                                   record = readString(info[1], "record")] {
    writeCheckpoint(path, state->tensors, record);
  });
}

}  // namespace torchwing::binding
