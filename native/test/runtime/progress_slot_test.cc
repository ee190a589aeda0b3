#include "core/runtime/progress_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace torchwing {
namespace {

TEST(ProgressSlot, KeepsTheLatestAndAsksForOneWakeUp) {
  ProgressSlot<int> slot;
  EXPECT_TRUE(slot.put(1));
  EXPECT_FALSE(slot.put(2));
  EXPECT_EQ(slot.take(), 2);
  EXPECT_EQ(slot.take(), std::nullopt);
  EXPECT_TRUE(slot.put(3));
}

TEST(ProgressSlot, AReaderThatAnswersEachWakeUpSeesTheLastValue) {
  ProgressSlot<int> slot;
  std::atomic<int> wake_ups{0};
  std::thread writer([&] {
    for (int value = 1; value <= 10'000; ++value) {
      if (slot.put(value)) ++wake_ups;
    }
  });
  int last = 0;
  int answered = 0;
  while (last < 10'000) {
    if (answered >= wake_ups.load()) continue;
    ++answered;
    if (const auto value = slot.take()) {
      EXPECT_GT(*value, last);
      last = *value;
    }
  }
  writer.join();
  EXPECT_LE(answered, 10'000);
}

}  // namespace
}  // namespace torchwing
