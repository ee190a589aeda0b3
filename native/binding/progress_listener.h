#pragma once

#include <memory>

#include "binding/addon_data.h"
#include "core/runtime/progress_slot.h"
#include "core/train/epoch_runner.h"

namespace torchwing::binding {

/// Carries the progress of one phase to a JavaScript function: always the latest, with at most one call
/// outstanding.
class ProgressListener {
 public:
  /// JavaScript thread.
  ProgressListener(std::shared_ptr<AddonData> data, Napi::Function listener);

  /// Compute thread.
  void report(const Progress& progress);
  /// Compute thread, behind the last report: lets go of the function once it has heard it.
  void finish();

 private:
  std::shared_ptr<AddonData> data_;
  std::shared_ptr<ProgressSlot<Progress>> slot_;
  int listener_;
};

}  // namespace torchwing::binding
