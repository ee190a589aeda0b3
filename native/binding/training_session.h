#pragma once

#include <memory>
#include <optional>

#include "binding/handle.h"
#include "binding/leasable_model.h"
#include "binding/sgd.h"
#include "core/data/mix.h"
#include "core/device/arithmetic.h"
#include "core/runtime/stop_flag.h"
#include "core/train/graphed_step.h"
#include "core/train/loss_scaler.h"
#include "core/train/snapshot_schedule.h"

namespace torchwing::binding {

/// What a session trains, and the best weights so far. Compute thread, but for `stop` and `snapshots`.
struct Session {
  std::shared_ptr<LeasableModel> model;
  std::shared_ptr<ModelOptimizer> optimizer;  ///< null: validation only
  MixOptions mix;
  double label_smoothing = 0;
  StopFlag stop;
  SnapshotSchedule snapshots;
  std::optional<StateDict> best;
  std::unique_ptr<LossScaler> scaler;          ///< for training in float16
  std::unique_ptr<ArithmeticHold> arithmetic;  ///< on an accelerator
  std::unique_ptr<GraphedStep> graph;          ///< null: training steps run operation by operation

  /// A copy of everything that the session needs to go on; core/train/training_state.h names its parts.
  StateDict state() const;
  void loadState(const StateDict& tensors);
};

/// NativeTrainingSession of lib/native/types.ts.
class TrainingSessionHandle : public Handle<TrainingSessionHandle, Session> {
 public:
  static constexpr const char* kName = "TrainingSession";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit TrainingSessionHandle(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value runEpoch(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value snapshotBest(const Napi::CallbackInfo& info);
  Napi::Value restoreBest(const Napi::CallbackInfo& info);
  Napi::Value bestState(const Napi::CallbackInfo& info);
  Napi::Value requestSnapshot(const Napi::CallbackInfo& info);
  Napi::Value snapshotTaken(const Napi::CallbackInfo& info);
  Napi::Value state(const Napi::CallbackInfo& info);
  Napi::Value loadState(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
