#pragma once

#include <atomic>
#include <cstdint>

#include "core/train/epoch_runner.h"

namespace torchwing {

/// Decides after which steps a running phase hands its state over: every so many training steps, and whenever
/// asked. At most one snapshot is on its way, so that memory stays bounded however slow its taker is; what
/// falls due meanwhile is made up for after the first step that finds the taker free.
class SnapshotSchedule {
 public:
  /// Any thread: wants one after the current step, or the next one of whatever phase comes.
  void request() noexcept { wanted_.store(true); }
  /// Any thread: the taker is done with the last one.
  void taken() noexcept { outstanding_.store(false); }

  /// Compute thread, as due(): every `steps` training steps of the whole run, of which an epoch has
  /// `steps_per_epoch`; 0: only when asked.
  void begin(std::int64_t steps, std::int64_t steps_per_epoch) noexcept {
    every_ = steps;
    steps_per_epoch_ = steps_per_epoch;
  }

  /// Whether to hand over the state at `position`; if so it is on its way until taken().
  bool due(const PhasePosition& position) noexcept {
    if (every_ > 0 && position.phase == Phase::kTrain &&
        (position.epoch * steps_per_epoch_ + position.step) % every_ == 0) {
      wanted_.store(true);
    }
    if (!wanted_.load() || outstanding_.exchange(true)) return false;
    wanted_.store(false);
    return true;
  }

 private:
  std::atomic<bool> wanted_{false};
  std::atomic<bool> outstanding_{false};
  std::int64_t every_ = 0;
  std::int64_t steps_per_epoch_ = 0;
};

}  // namespace torchwing
