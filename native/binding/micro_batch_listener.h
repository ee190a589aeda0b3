#pragma once

#include <cstdint>
#include <memory>

#include "binding/addon_data.h"

namespace torchwing::binding {

/// Tells a JavaScript function that a phase's batches are computed in smaller parts from here on, as
/// (microBatch, images).
class MicroBatchListener {
 public:
  /// JavaScript thread.
  MicroBatchListener(std::shared_ptr<AddonData> data, Napi::Function listener);

  /// Compute thread.
  void report(std::int64_t micro_batch, std::int64_t images);
  /// Compute thread, behind the last report: lets go of the function once it has heard it.
  void finish();

 private:
  std::shared_ptr<AddonData> data_;
  int listener_;
};

}  // namespace torchwing::binding
