#include "binding/step_lr.h"

namespace torchwing::binding {

const napi_type_tag StepLrHandle::kTag = {0x64d0b72fe81c4935, 0xa7e3195c80fd2b46};

void StepLrHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&StepLrHandle::create>("create"),
                         InstanceAccessor<&StepLrHandle::lastLr>("lastLr"),
                         InstanceAccessor<&StepLrHandle::lastEpoch>("lastEpoch"),
                         InstanceMethod<&StepLrHandle::step>("step"),
                         InstanceMethod<&StepLrHandle::loadState>("loadState"),
                     }));
}

Napi::Value StepLrHandle::create(const Napi::CallbackInfo& info) {
  const auto optimizer = SgdHandle::unwrap(info[0], "optimizer").core();
  const std::int64_t step_size = readInteger(info[1], "stepSize", 1);
  const double gamma = readNumber(info[2], "gamma");
  return wrap(info.Env(), std::make_shared<ScheduledOptimizer>(
                              ScheduledOptimizer{optimizer, StepLr(optimizer->lr.load(), step_size, gamma)}));
}

Napi::Value StepLrHandle::lastLr(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), core()->schedule.lastLr());
}

Napi::Value StepLrHandle::lastEpoch(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(core()->schedule.lastEpoch()));
}

Napi::Value StepLrHandle::step(const Napi::CallbackInfo& info) {
  core()->optimizer->lr.store(core()->schedule.step());
  return info.Env().Undefined();
}

Napi::Value StepLrHandle::loadState(const Napi::CallbackInfo& info) {
  StepLrState state = core()->schedule.state();
  state.last_epoch = readInteger(info[0], "lastEpoch", 0);
  state.last_lr = readNumber(info[1], "lastLr");
  core()->schedule.load(state);
  core()->optimizer->lr.store(core()->schedule.lastLr());
  return info.Env().Undefined();
}

}  // namespace torchwing::binding
