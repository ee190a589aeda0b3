#include "core/device/warnings.h"

#include <gtest/gtest.h>

#include <thread>

namespace torchwing {
namespace {

/// Runs `work` on a thread of its own, as a compute thread does, and returns what it printed.
template <class Work>
std::string printedBy(const Work& work) {
  testing::internal::CaptureStderr();
  std::thread(work).join();
  return testing::internal::GetCapturedStderr();
}

TEST(Warnings, ReachTheListenerOnceAndAreNotPrinted) {
  Warnings warnings;
  std::vector<std::string> heard;
  warnings.addListener([&](const std::string& message) { heard.push_back(message); });
  const std::string printed = printedBy([&] {
    warnings.listenHere();
    for (int i = 0; i < 3; ++i) TORCH_WARN("planted\nwith a second line");
    TORCH_WARN("another");
  });
  EXPECT_EQ(heard, (std::vector<std::string>{"planted", "another"}));
  EXPECT_EQ(printed, "");
}

TEST(Warnings, OfOtherThreadsAreLeftToThem) {
  Warnings warnings;
  bool heard = false;
  warnings.addListener([&](const std::string&) { heard = true; });
  const std::string printed = printedBy([&] {
    warnings.listenHere();
    std::thread([] { TORCH_WARN("from the host's own LibTorch"); }).join();
  });
  EXPECT_FALSE(heard);
  EXPECT_NE(printed.find("from the host's own LibTorch"), std::string::npos);
}

}  // namespace
}  // namespace torchwing
