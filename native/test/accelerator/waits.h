#pragma once

#include <set>
#include <string>

namespace torchwing::simulated {

/// How often the host waited for the device, by what made it wait.
struct WaitCounts {
  int item = 0;      ///< a value read: item() and its like
  int copy = 0;      ///< a copy that blocks, or whose host memory is not page-locked
  int event = 0;     ///< synchronizeEvent
  int stream = 0;    ///< synchronizeStream
  int device = 0;    ///< synchronizeDevice
  int fallback = 0;  ///< an operator that the device does not have

  int total() const { return item + copy + event + stream + device + fallback; }
};

/// Any thread.
void countWait(int WaitCounts::*kind);
/// Since the last call, which begins again at 0.
WaitCounts takeWaits();

/// An operator ran that is not on the device's list: the test in which it happens fails, unless it takes it.
void noteFallback(const std::string& operator_name);
std::set<std::string> takeFallbacks();

}  // namespace torchwing::simulated
