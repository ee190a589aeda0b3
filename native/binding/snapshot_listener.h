#pragma once

#include <memory>

#include "binding/addon_data.h"
#include "core/model/named_tensor.h"
#include "core/train/epoch_runner.h"

namespace torchwing::binding {

/// Carries snapshots of a running phase to a JavaScript function, as (position, state).
class SnapshotListener {
 public:
  /// JavaScript thread.
  SnapshotListener(std::shared_ptr<AddonData> data, Napi::Function listener);

  /// Compute thread.
  void report(const PhasePosition& position, StateDict state);
  /// Compute thread, behind the last report: lets go of the function once it has heard it.
  void finish();

 private:
  std::shared_ptr<AddonData> data_;
  int listener_;
};

}  // namespace torchwing::binding
