#include "binding/training_session.h"

#include "binding/image_loader.h"
#include "binding/loader_costs.h"
#include "binding/micro_batch_listener.h"
#include "binding/mix.h"
#include "binding/phase_position.h"
#include "binding/progress_listener.h"
#include "binding/resnet.h"
#include "binding/snapshot_listener.h"
#include "binding/state_dict.h"
#include "core/device/device_choice.h"
#include "core/error.h"
#include "core/train/training_state.h"

namespace torchwing::binding {
namespace {

Napi::Value deviceMemoryValue(Napi::Env env, const std::optional<DeviceMemory>& memory) {
  if (!memory) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("allocated", static_cast<double>(memory->allocated));
  object.Set("maxAllocated", static_cast<double>(memory->max_allocated));
  object.Set("reserved", static_cast<double>(memory->reserved));
  object.Set("maxReserved", static_cast<double>(memory->max_reserved));
  return object;
}

Napi::Value resultObject(Napi::Env env, const PhaseResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("steps", static_cast<double>(result.steps));
  object.Set("nextStep", static_cast<double>(result.next_step));
  setCounts(object, result.counts);
  object.Set("seconds", result.seconds);
  object.Set("waitSeconds", result.wait_seconds);
  object.Set("costs", costsObject(env, result.costs));
  object.Set("stopped", result.stopped);
  object.Set("microBatch", static_cast<double>(result.micro_batch));
  object.Set("deviceMemory", deviceMemoryValue(env, result.device_memory));
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

/// What a running phase tells JavaScript.
class SessionListener : public PhaseListener {
 public:
  SessionListener(Session& session, ProgressListener& progress, SnapshotListener& snapshots,
                  MicroBatchListener& micro_batches)
      : session_(session), progress_(progress), snapshots_(snapshots), micro_batches_(micro_batches) {}
  ~SessionListener() override {
    progress_.finish();
    snapshots_.finish();
    micro_batches_.finish();
  }
  SessionListener(const SessionListener&) = delete;
  SessionListener& operator=(const SessionListener&) = delete;

  void onProgress(const Progress& latest) override { progress_.report(latest); }
  bool wantsSnapshot(const PhasePosition& position) override { return session_.snapshots.due(position); }
  void onSnapshot(const PhasePosition& position) override { snapshots_.report(position, session_.state()); }
  void onMicroBatch(std::int64_t micro_batch, std::int64_t images) override {
    micro_batches_.report(micro_batch, images);
  }

 private:
  Session& session_;
  ProgressListener& progress_;
  SnapshotListener& snapshots_;
  MicroBatchListener& micro_batches_;
};

}  // namespace

StateDict Session::state() const {
  TrainingState parts;
  parts.model = model->net().snapshot();
  if (optimizer != nullptr) parts.momentum = momentumByName(*optimizer);
  if (scaler != nullptr) parts.scaler = scaler->state();
  parts.best = best;  // never written to again, so the copy of the handles is enough
  return joinTrainingState(std::move(parts));
}

void Session::loadState(const StateDict& tensors) {
  TrainingState parts = splitTrainingState(tensors);
  model->change("loadState()", [&](ResNet& net) {
    net.load(parts.model);
    if (optimizer != nullptr) loadMomentum(*optimizer, parts.momentum);
    // A checkpoint of another precision has none: the scale then begins anew.
    if (scaler != nullptr && !parts.scaler.empty()) scaler->load(parts.scaler);
  });
  best = std::move(parts.best);
}

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
                         InstanceMethod<&TrainingSessionHandle::requestSnapshot>("requestSnapshot"),
                         InstanceMethod<&TrainingSessionHandle::snapshotTaken>("snapshotTaken"),
                         InstanceMethod<&TrainingSessionHandle::state>("state"),
                         InstanceMethod<&TrainingSessionHandle::loadState>("loadState"),
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
          [session = std::move(session), name = readString(object.Get("device"), "device"),
           cuda_graph = readBool(object.Get("cudaGraph"), "cudaGraph"),
           deterministic = readBool(object.Get("deterministic"), "deterministic")] {
            const c10::Device device = chooseDevice(name);
            const Precision precision = session->model->net().precision();
            if (!device.is_cpu()) {
              session->arithmetic = std::make_unique<ArithmeticHold>(
                  Arithmetic{.tf32 = precision == Precision::kTf32, .deterministic = deterministic});
            }
            if (precision == Precision::kFp16 && session->optimizer != nullptr)
              session->scaler = std::make_unique<LossScaler>(device);
            if (cuda_graph && session->optimizer != nullptr) {
              session->graph = std::make_unique<GraphedStep>(device);
              session->optimizer->sgd.keepRateOnDevice();
            }
            session->model->change("TrainingSession", [&](ResNet& net) { net.to(device); });
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
  options.before = readCounts(object.Get("before"), "before");
  options.auto_batch = readBool(object.Get("autoBatch"), "autoBatch");
  options.micro_batch = readInteger(object.Get("microBatch"), "microBatch", 0);
  options.scaler = core()->scaler.get();
  const std::int64_t snapshot_every = readInteger(object.Get("snapshotEvery"), "snapshotEvery", 0);
  const double lr = readNumber(object.Get("lr"), "lr");
  const auto loader = ImageLoaderHandle::unwrap(object.Get("loader"), "loader").core();
  if (!info[1].IsFunction()) failArgument(info[1], "onProgress", "a function");
  if (!info[2].IsFunction()) failArgument(info[2], "onSnapshot", "a function");
  if (!info[3].IsFunction()) failArgument(info[3], "onMicroBatch", "a function");
  const auto addon = AddonData::of(info.Env());
  const auto micro_batches = std::make_shared<MicroBatchListener>(addon, info[3].As<Napi::Function>());
  const auto snapshots = std::make_shared<SnapshotListener>(addon, info[2].As<Napi::Function>());
  const auto progress = std::make_shared<ProgressListener>(addon, info[1].As<Napi::Function>());
  core()->stop.clear();
  return addon->compute(
      info.Env(), Executor::Lane::kLong,
      [session = core(), thread = addon->sharedThread(), loader, options, lr, snapshot_every, progress,
       snapshots, micro_batches] {
        SessionListener listener(*session, *progress, *snapshots, *micro_batches);
        const LeasableModel::Lease lease(*session->model);
        const LoaderHold hold(*loader);
        Sgd* sgd = session->optimizer != nullptr ? &session->optimizer->sgd : nullptr;
        if (sgd != nullptr) sgd->setLr(lr);
        session->snapshots.begin(snapshot_every, loader->loader().steps());
        return runPhase(session->model->net(), sgd, loader->batches(), options, thread->executor(),
                        session->stop, listener, session->graph.get());
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

Napi::Value TrainingSessionHandle::requestSnapshot(const Napi::CallbackInfo& info) {
  core()->snapshots.request();
  return info.Env().Undefined();
}

Napi::Value TrainingSessionHandle::snapshotTaken(const Napi::CallbackInfo& info) {
  core()->snapshots.taken();
  return info.Env().Undefined();
}

Napi::Value TrainingSessionHandle::state(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [session = core()] { return session->state(); }, StateDictHandle::fromTensors);
}

Napi::Value TrainingSessionHandle::loadState(const Napi::CallbackInfo& info) {
  return data().compute(info.Env(),
                        [session = core(), state = StateDictHandle::unwrap(info[0], "state").core()] {
                          session->loadState(state->tensors);
                        });
}

}  // namespace torchwing::binding
