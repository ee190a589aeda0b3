#pragma once

#include "binding/arguments.h"
#include "core/train/epoch_runner.h"

namespace torchwing::binding {

/// Phase of lib/native/types.ts.
inline const char* phaseName(Phase phase) {
  return phase == Phase::kTrain ? "train" : "val";
}

inline Phase readPhase(const Napi::Value& value) {
  const std::string text = readString(value, "phase");
  if (text != "train" && text != "val") failArgument(value, "phase", "'train' or 'val'");
  return text == "train" ? Phase::kTrain : Phase::kVal;
}

}  // namespace torchwing::binding
