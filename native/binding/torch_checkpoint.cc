#include "binding/torch_checkpoint.h"

#include "binding/sgd.h"
#include "binding/step_lr.h"
#include "core/error.h"
#include "core/io/torch_checkpoint.h"

namespace torchwing::binding {
namespace {

/// Null when JavaScript gave null.
std::shared_ptr<ScheduledOptimizer> readScheduler(const Napi::Value& value,
                                                  const std::shared_ptr<ModelOptimizer>& optimizer) {
  if (value.IsNull()) return nullptr;
  const auto scheduler = StepLrHandle::unwrap(value, "scheduler").core();
  if (scheduler->optimizer != optimizer) failArgument(value, "scheduler", "the StepLR of the same optimizer");
  return scheduler;
}

Napi::Value save(const Napi::CallbackInfo& info) {
  const auto optimizer = SgdHandle::unwrap(info[1], "optimizer").core();
  const auto scheduler = readScheduler(info[2], optimizer);
  std::optional<StepLrState> schedule;
  if (scheduler != nullptr) schedule = scheduler->schedule.state();
  return AddonData::of(info.Env())
      ->compute(info.Env(), [path = readString(info[0], "path"), optimizer, lr = optimizer->lr.load(),
                             schedule, record = readString(info[3], "record")] {
        // The live weights: on this thread nothing changes them while they are written.
        TorchCheckpoint checkpoint{.model = {.tensors = optimizer->model->net().state(), .record = record},
                                   .optimizer = optimizer->sgd.state(),
                                   .scheduler = schedule};
        checkpoint.optimizer.options.lr = lr;
        writeTorchCheckpoint(path, checkpoint);
      });
}

Napi::Value load(const Napi::CallbackInfo& info) {
  const auto optimizer = SgdHandle::unwrap(info[1], "optimizer").core();
  const auto scheduler = readScheduler(info[2], optimizer);
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [path = readString(info[0], "path"), optimizer, wants_schedule = scheduler != nullptr] {
            TorchCheckpoint checkpoint = readTorchCheckpoint(path);
            if (wants_schedule && !checkpoint.scheduler) {
              throw Error("WEIGHTS_MISMATCH",
                          "The checkpoint \"" + path + "\" holds no scheduler's state, expected StepLR's.",
                          "Load it without the scheduler.");
            }
            optimizer->model->change("loadTorchCheckpoint()", [&](ResNet& net) {
              optimizer->sgd.requireLoadable(checkpoint.optimizer);
              net.load(checkpoint.model.tensors, {.versions = checkpoint.model.versions});
              optimizer->load(checkpoint.optimizer);
            });
            return checkpoint;
          },
          [scheduler](Napi::Env env, const TorchCheckpoint& checkpoint) {
            if (scheduler != nullptr) scheduler->schedule.load(*checkpoint.scheduler);
            return stringArray(env, checkpoint.model.notes);
          });
}

}  // namespace

void initTorchCheckpoint(Napi::Env env, Napi::Object exports) {
  exports.Set("saveTorchCheckpoint", Napi::Function::New<save>(env, "saveTorchCheckpoint"));
  exports.Set("loadTorchCheckpoint", Napi::Function::New<load>(env, "loadTorchCheckpoint"));
}

}  // namespace torchwing::binding
