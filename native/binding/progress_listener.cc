#include "binding/progress_listener.h"

#include "binding/phase_name.h"

namespace torchwing::binding {
namespace {

Napi::Object progressObject(Napi::Env env, const Progress& progress) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("phase", phaseName(progress.phase));
  object.Set("epoch", static_cast<double>(progress.epoch));
  object.Set("step", static_cast<double>(progress.step));
  object.Set("steps", static_cast<double>(progress.steps));
  object.Set("images", static_cast<double>(progress.images));
  object.Set("loss", progress.loss);
  object.Set("accuracy", progress.accuracy);
  object.Set("seconds", progress.seconds);
  return object;
}

}  // namespace

ProgressListener::ProgressListener(std::shared_ptr<AddonData> data, Napi::Function listener)
    : data_(std::move(data)),
      slot_(std::make_shared<ProgressSlot<Progress>>()),
      listener_(data_->keep(listener)) {}

void ProgressListener::report(const Progress& progress) {
  if (!slot_->put(progress)) return;
  data_->completions().post([data = data_, slot = slot_, id = listener_](Napi::Env env) {
    if (const auto latest = slot->take()) data->kept(id).Call({progressObject(env, *latest)});
  });
}

void ProgressListener::finish() {
  data_->completions().post([data = data_, id = listener_](Napi::Env) { data->forget(id); });
}

}  // namespace torchwing::binding
