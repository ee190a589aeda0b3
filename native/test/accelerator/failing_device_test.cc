#include "test/accelerator/failing_device.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "test/accelerator/training_run.h"

namespace torchwing::simulated {
namespace {

constexpr std::int64_t kSteps = 2;
constexpr std::int64_t kCallsOfTime = 10;

TrainingRun::Options headAlone() {
  TrainingRun::Options options;
  options.trainable = Trainable::kHead;
  return options;
}

/// The first calls of a phase, in which its first batches set out, and some of all the others.
std::vector<std::int64_t> someOf(std::int64_t calls) {
  std::vector<std::int64_t> some;
  for (std::int64_t call = 1; call < calls; call += call < 60 ? 1 : std::max<std::int64_t>(calls / 40, 1))
    some.push_back(call);
  return some;
}

/// What training ends with on a device that fails at this call; empty when it does not.
std::string failureOf(TrainingRun& run, std::int64_t call) {
  FailingDevice::failAt(call);
  try {
    run.train(0, 0, kSteps);
  } catch (const c10::AcceleratorError& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "";
}

/// The exit code of a process that trains on a device which fails at each of some calls in its turn.
[[noreturn]] void trainWhileItFails() {
  bool good = true;
  TrainingRun run(headAlone());
  StateDict initial;
  run.inShortLane([&] { initial = run.state(); });
  const std::int64_t before = FailingDevice::calls();
  run.train(0, 0, kSteps);
  const std::int64_t calls = FailingDevice::calls() - before;
  const StateDict expected = run.snapshot();
  for (const std::int64_t call : someOf(calls)) {
    const std::string failure = failureOf(run, call);
    // How often the host looks whether a copy is done is a matter of time: the last calls may not come.
    const bool reached = FailingDevice::failed() || call < calls - kCallsOfTime;
    if (reached && failure != "CUDA error: an illegal memory access was encountered") {
      std::cerr << "call " << call << ": \"" << failure << "\"\n";
      good = false;
    }
    // No process sees this, but it shows that nothing of the failed phase is left in the next one.
    FailingDevice::repair();
    run.inShortLane([&] { run.loadState(initial); });
    run.train(0, 0, kSteps);
    if (!differences(run.snapshot(), expected).empty()) {
      std::cerr << "call " << call << ": other weights afterwards\n";
      good = false;
    }
  }
  FailingDevice::failAt(1);
  failureOf(run, 1);
  run.dispose();
  std::_Exit(good ? 0 : 1);
}

// In a process of its own: what a failed device holds is never given back.
TEST(FailingDeviceDeathTest, EndsThePhaseWithItsErrorAndNotTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(trainWhileItFails(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace torchwing::simulated
