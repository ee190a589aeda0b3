#pragma once

#include <mutex>
#include <optional>
#include <utility>

namespace torchwing {

/// The latest value of a stream of progress figures. A writer that outruns the reader overwrites; at most one
/// wake-up of the reader is outstanding.
template <class Value>
class ProgressSlot {
 public:
  /// Compute thread. Returns whether the reader must be woken: false while an earlier wake-up has not been
  /// answered.
  bool put(Value value) {
    std::lock_guard lock(mutex_);
    const bool wake = !value_.has_value();
    value_ = std::move(value);
    return wake;
  }

  /// Reader's thread. Empties the slot.
  std::optional<Value> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Value> value_;
};

}  // namespace torchwing
