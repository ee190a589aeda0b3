#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "binding/addon_data.h"
#include "binding/arguments.h"

namespace torchwing::binding {

/// A JavaScript object over a shared core object. `Derived` names itself by `kName` and its type by `kTag`;
/// it is made by wrap() alone. Work in the queue holds a reference of its own, so dispose() is safe at any
/// moment; the core object itself is freed on the compute thread.
template <class Derived, class Core>
class Handle : public Napi::ObjectWrap<Derived> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Derived>(info) {
    if (info.Length() != 1 || !info[0].IsExternal()) {
      throw Failure{"INVALID_ARGUMENT", std::string(Derived::kName) + " cannot be made with new.",
                    "Use its static functions."}
          .toError(info.Env());
    }
    core_ = *info[0].As<Napi::External<std::shared_ptr<Core>>>().Data();
    data_ = AddonData::of(info.Env());
    info.This().As<Napi::Object>().TypeTag(&Derived::kTag);
  }

  /// The safety net: V8 collects the object, some time after it was lost.
  ~Handle() override { drop(); }

  static Napi::Object wrap(Napi::Env env, std::shared_ptr<Core> core) {
    return AddonData::of(env)
        ->constructor(Derived::kName)
        .New({Napi::External<std::shared_ptr<Core>>::New(env, &core)});
  }

  /// Reads an argument that must be such an object, not disposed. Throws INVALID_ARGUMENT or DISPOSED.
  static Derived& unwrap(const Napi::Value& value, const std::string& name) {
    Derived& handle = *checked(value, name);
    handle.core();
    return handle;
  }

  /// What node-addon-api calls to find the object behind `this`, by this name. V8 checks the receiver of a
  /// method, but an accessor can be called on an object of another class, whose memory means something else.
  static Derived* Unwrap(Napi::Object receiver) { return checked(receiver, "this"); }

  /// Throws DISPOSED.
  const std::shared_ptr<Core>& core() const {
    if (core_ == nullptr) {
      throw Failure{
          "DISPOSED", std::string("This ") + Derived::kName + " was disposed and cannot be used again.", {}}
          .toError(this->Env());
    }
    return core_;
  }

  Napi::Value dispose(const Napi::CallbackInfo& info) {
    drop();
    return info.Env().Undefined();
  }

  /// dispose() as a property for DefineClass.
  static Napi::ClassPropertyDescriptor<Derived> disposeMethod() {
    return Napi::ObjectWrap<Derived>::InstanceMethod(
        "dispose", static_cast<Napi::Value (Derived::*)(const Napi::CallbackInfo&)>(&Handle::dispose));
  }

 protected:
  AddonData& data() const { return *data_; }

  /// Tells V8 how many native bytes hang on this object.
  void accountMemory(std::int64_t bytes) {
    bytes_ += bytes;
    Napi::MemoryManagement::AdjustExternalMemory(this->Env(), bytes);
  }

  static void define(Napi::Env env, Napi::Object exports, const Napi::Function& constructor) {
    AddonData::of(env)->setConstructor(Derived::kName, constructor);
    exports.Set(Derived::kName, constructor);
  }

 private:
  static Derived* checked(const Napi::Value& value, const std::string& name) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Derived::kTag)) {
      failArgument(value, name, std::string("a ") + Derived::kName);
    }
    return Napi::ObjectWrap<Derived>::Unwrap(value.As<Napi::Object>());
  }

  void drop() {
    if (core_ == nullptr) return;
    data_->release(std::move(core_));
    core_ = nullptr;
    if (bytes_ != 0) Napi::MemoryManagement::AdjustExternalMemory(this->Env(), -bytes_);
    bytes_ = 0;
  }

  std::shared_ptr<Core> core_;
  std::shared_ptr<AddonData> data_;
  std::int64_t bytes_ = 0;
};

}  // namespace torchwing::binding
