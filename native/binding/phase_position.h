#pragma once

#include "binding/arguments.h"
#include "binding/phase_name.h"

namespace torchwing::binding {

/// Sets the fields of NativePhaseCounts of lib/native/types.ts.
inline void setCounts(Napi::Object object, const PhaseCounts& counts) {
  object.Set("images", static_cast<double>(counts.images));
  object.Set("correct", static_cast<double>(counts.correct));
  object.Set("lossSum", counts.loss_sum);
  object.Set("skipped", static_cast<double>(counts.skipped));
}

inline PhaseCounts readCounts(const Napi::Value& value, const std::string& name) {
  const Napi::Object object = readObject(value, name);
  return {.images = readInteger(object.Get("images"), "images", 0),
          .correct = readInteger(object.Get("correct"), "correct", 0),
          .loss_sum = readNumber(object.Get("lossSum"), "lossSum"),
          .skipped = readInteger(object.Get("skipped"), "skipped", 0)};
}

/// NativePhasePosition of lib/native/types.ts.
inline Napi::Object positionObject(Napi::Env env, const PhasePosition& position) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("phase", phaseName(position.phase));
  object.Set("epoch", static_cast<double>(position.epoch));
  object.Set("step", static_cast<double>(position.step));
  object.Set("microBatch", static_cast<double>(position.micro_batch));
  setCounts(object, position.counts);
  return object;
}

}  // namespace torchwing::binding
