#pragma once

#include <atomic>

#include "binding/handle.h"
#include "binding/leasable_model.h"
#include "core/optim/sgd.h"

namespace torchwing::binding {

/// An optimizer with its model. The rate is JavaScript's to read and set at once; the compute thread takes it
/// over before each step.
struct ModelOptimizer {
  ModelOptimizer(std::shared_ptr<LeasableModel> trained, const SgdOptions& options);

  /// Takes over a state, its rate included. Compute thread. Throws as Sgd::load.
  void load(const SgdState& state);

  std::shared_ptr<LeasableModel> model;
  std::vector<std::string> names;  ///< of the parameters, in order
  Sgd sgd;
  std::atomic<double> lr;
};

/// The momentum buffers under their parameters' names, on the CPU. Compute thread, as loadMomentum().
StateDict momentumByName(const ModelOptimizer& optimizer);
/// The other way; a parameter without a buffer has had no step yet. Throws Error WEIGHTS_MISMATCH.
void loadMomentum(ModelOptimizer& optimizer, const StateDict& state);

/// NativeSGD of lib/native/types.ts.
class SgdHandle : public Handle<SgdHandle, ModelOptimizer> {
 public:
  static constexpr const char* kName = "SGD";
  static const napi_type_tag kTag;

  static void init(Napi::Env env, Napi::Object exports);
  explicit SgdHandle(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  Napi::Value lr(const Napi::CallbackInfo& info);
  void setLr(const Napi::CallbackInfo& info, const Napi::Value& value);
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value zeroGrad(const Napi::CallbackInfo& info);
  Napi::Value stateDict(const Napi::CallbackInfo& info);
  Napi::Value loadStateDict(const Napi::CallbackInfo& info);
};

}  // namespace torchwing::binding
