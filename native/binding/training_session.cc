#include "binding/training_session.h"

#include "binding/image_loader.h"
#include "binding/loader_costs.h"
#include "binding/mix.h"
#include "binding/phase_name.h"
#include "binding/progress_listener.h"
#include "binding/resnet.h"
#include "binding/state_dict.h"
#include "core/device/device_choice.h"
#include "core/error.h"

namespace torchwing::binding {
namespace {

Napi::Value resultObject(Napi::Env env, const PhaseResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("steps", static_cast<double>(result.steps));
  object.Set("images", static_cast<double>(result.images));
  object.Set("correct", static_cast<double>(result.correct));
  object.Set("lossSum", result.loss_sum);
  object.Set("seconds", result.seconds);
  object.Set("waitSeconds", result.wait_seconds);
  object.Set("costs", costsObject(env, result.costs));
  object.Set("stopped", result.stopped);
  return object;
}

/// Keeps a loader from being iterated by hand while a phase uses it.
class LoaderHold {
 public:
  explicit LoaderHold(AsyncLoader& loader) : loader_(loader) { loader_.setInPhase(true); }
  ~LoaderHold() { loader_.setInPhase(false); }
  LoaderHold(const LoaderHold&) = delete;
  LoaderHold& operator=(const LoaderHold&) = delete;

 private:
  AsyncLoader& loader_;
};

}  // namespace

const napi_type_tag TrainingSessionHandle::kTag = {0x93b6f1d05e2c48a7, 0xd8047e1b6c5fa392};

void TrainingSessionHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&TrainingSessionHandle::create>("create"),
                         InstanceMethod<&TrainingSessionHandle::runEpoch>("runEpoch"),
                         InstanceMethod<&TrainingSessionHandle::stop>("stop"),
                         InstanceMethod<&TrainingSessionHandle::snapshotBest>("snapshotBest"),
                         InstanceMethod<&TrainingSessionHandle::restoreBest>("restoreBest"),
                         InstanceMethod<&TrainingSessionHandle::bestState>("bestState"),
                         disposeMethod(),
                     }));
}

Napi::Value TrainingSessionHandle::create(const Napi::CallbackInfo& info) {
  const Napi::Object object = readObject(info[0], "options");
  auto session = std::make_shared<Session>();
  session->model = ResNetHandle::unwrap(object.Get("model"), "model").core();
  const Napi::Value optimizer = object.Get("optimizer");
  if (!optimizer.IsNull()) {
    session->optimizer = SgdHandle::unwrap(optimizer, "optimizer").core();
    if (session->optimizer->model != session->model)
      failArgument(optimizer, "optimizer", "the SGD of the same model");
  }
  session->mix = readMix(object.Get("mix"));
  session->label_smoothing = readShare(object.Get("labelSmoothing"), "labelSmoothing");
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [session = std::move(session), device = readString(object.Get("device"), "device")] {
            session->model->change("TrainingSession", [&](ResNet& net) { net.to(chooseDevice(device)); });
            return session;
          },
          wrap);
}

Napi::Value TrainingSessionHandle::runEpoch(const Napi::CallbackInfo& info) {
  const Napi::Object object = readObject(info[0], "options");
  PhaseOptions options;
  options.phase = readPhase(object.Get("phase"));
  options.epoch = readInteger(object.Get("epoch"), "epoch", 0);
  options.start_step = readInteger(object.Get("startStep"), "startStep", 0);
  options.max_steps = readInteger(object.Get("maxSteps"), "maxSteps", -1);
  options.mix = core()->mix;
  options.label_smoothing = core()->label_smoothing;
  const double lr = readNumber(object.Get("lr"), "lr");
  const auto loader = ImageLoaderHandle::unwrap(object.Get("loader"), "loader").core();
  if (!info[1].IsFunction()) failArgument(info[1], "onProgress", "a function");
  const auto addon = AddonData::of(info.Env());
  const auto progress = std::make_shared<ProgressListener>(addon, info[1].As<Napi::Function>());
  core()->stop.clear();
  return addon->compute(
      info.Env(), Executor::Lane::kLong,
      [session = core(), thread = addon->sharedThread(), loader, options, lr, progress] {
        struct Finish {
          ProgressListener& listener;
          ~Finish() { listener.finish(); }
        } const finish{*progress};
        const LeasableModel::Lease lease(*session->model);
        const LoaderHold hold(*loader);
        Sgd* sgd = session->optimizer != nullptr ? &session->optimizer->sgd : nullptr;
        if (sgd != nullptr) sgd->setLr(lr);
        return runPhase(session->model->net(), sgd, loader->loader(), options, thread->executor(),
                        session->stop, [&](const Progress& latest) { progress->report(latest); });
      },
      resultObject);
}

Napi::Value TrainingSessionHandle::stop(const Napi::CallbackInfo& info) {
  core()->stop.request();
  data().executor().wake();
  return info.Env().Undefined();
}

Napi::Value TrainingSessionHandle::snapshotBest(const Napi::CallbackInfo& info) {
  return data().compute(info.Env(), [session = core()] { session->best = session->model->net().snapshot(); });
}

Napi::Value TrainingSessionHandle::restoreBest(const Napi::CallbackInfo& info) {
  return data().compute(info.Env(), [session = core()] {
    if (!session->best)
      throw Error("INVALID_ARGUMENT", "There is nothing to restore: snapshotBest() was not called.");
    session->model->change("restoreBest()", [&](ResNet& net) { net.load(*session->best); });
  });
}

Napi::Value TrainingSessionHandle::bestState(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [session = core()] { return session->best; },
      [](Napi::Env env, std::optional<StateDict>&& best) -> Napi::Value {
        return best ? StateDictHandle::fromTensors(env, std::move(*best)) : env.Null();
      });
}

}  // namespace torchwing::binding
