#include "test/accelerator/waits.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <utility>

#include "test/accelerator/streams.h"

namespace torchwing::simulated {
namespace {

struct Record {
  std::mutex mutex;
  WaitCounts waits;
  std::set<std::string> fallbacks;
};

Record& record() {
  static auto* const record = new Record();
  return *record;
}

/// Every test of the program begins with nothing queued and nothing counted, and fails for an operator that
/// fell back or for work that failed on the device.
class EachTest : public testing::EmptyTestEventListener {
 public:
  void OnTestStart(const testing::TestInfo&) override {
    Streams::instance().setLateness(Lateness::kOnDemand, Lateness::kOnDemand);
    takeWaits();
  }

  void OnTestEnd(const testing::TestInfo&) override {
    try {
      Streams::instance().drain();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "work that was queued on the device failed: " << error.what();
    }
    for (const std::string& name : takeFallbacks()) {
      ADD_FAILURE() << name << " is not on the simulated accelerator's list";
    }
  }
};

[[maybe_unused]] const bool listens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new EachTest());
  return true;
}();

}  // namespace

void countWait(int WaitCounts::*kind) {
  const std::lock_guard lock(record().mutex);
  record().waits.*kind += 1;
}

WaitCounts takeWaits() {
  const std::lock_guard lock(record().mutex);
  return std::exchange(record().waits, {});
}

void noteFallback(const std::string& operator_name) {
  const std::lock_guard lock(record().mutex);
  record().fallbacks.insert(operator_name);
}

std::set<std::string> takeFallbacks() {
  const std::lock_guard lock(record().mutex);
  return std::exchange(record().fallbacks, {});
}

}  // namespace torchwing::simulated
