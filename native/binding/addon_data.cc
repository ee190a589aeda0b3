#include "binding/addon_data.h"

namespace torchwing::binding {
namespace {

/// Instance data is deleted by the environment; what still runs holds the shared part.
struct Holder {
  std::shared_ptr<AddonData> data;
};

}  // namespace

AddonData::AddonData(Napi::Env env) : thread_(ComputeThread::of(env)), completions_(env) {}

void AddonData::attach(Napi::Env env) {
  auto data = std::make_shared<AddonData>(env);
  env.SetInstanceData(new Holder{data});
  // Registered behind the thread-safe function's own hook, so it runs before it: nothing is posted to a dead
  // one.
  env.AddCleanupHook([data] {
    data->thread_->shutdown();
    data->completions_.close();
    // While there is an environment to free them in: it frees none of its own.
    data->constructors_.clear();
    data->kept_.clear();
  });
}

std::shared_ptr<AddonData> AddonData::of(Napi::Env env) {
  return env.GetInstanceData<Holder>()->data;
}

void AddonData::setConstructor(const std::string& name, Napi::Function constructor) {
  constructors_[name] = Napi::Persistent(constructor);
}

Napi::Function AddonData::constructor(const std::string& name) const {
  return constructors_.at(name).Value();
}

int AddonData::keep(Napi::Function function) {
  kept_[next_kept_] = Napi::Persistent(function);
  return next_kept_++;
}

}  // namespace torchwing::binding
