#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/training_run.h"

namespace torchwing::simulated {
namespace {

constexpr std::int64_t kHalf = 2;  // of a batch of four

StateDict trainedInPartsOnCpu() {
  TrainingRun::Options options;
  options.device = at::kCPU;
  options.micro_batch = kHalf;
  TrainingRun run(options);
  run.train(0);
  return run.snapshot();
}

/// Device allocations of a phase up to the figures of its first step.
std::int64_t allocationsOfTheFirstStep(TrainingRun& run) {
  const std::int64_t before = Memory::instance().allocations();
  std::int64_t made = 0;
  run.on_progress = [&](const Progress&) { made = Memory::instance().allocations() - before; };
  run.train(0, 0, /*max_steps=*/1);
  run.on_progress = nullptr;
  return made;
}

TEST(AutoBatchOnTheAccelerator, GivesTheCpusStepsInPartsAfterAnyAllocationOfTheFirstThatFailed) {
  const StateDict expected = trainedInPartsOnCpu();
  TrainingRun::Options options;
  options.auto_batch = true;
  TrainingRun run(options);
  StateDict initial;
  run.inShortLane([&] { initial = run.state(); });
  const std::int64_t made = allocationsOfTheFirstStep(run);
  int halved = 0;
  for (std::int64_t at = 1; at <= made; at += std::max<std::int64_t>(made / 24, 1)) {
    run.inShortLane([&] { run.loadState(initial); });
    Memory::instance().failAt(at);
    try {
      EXPECT_EQ(run.train(0).micro_batch, kHalf) << "allocation " << at << " of " << made;
      ++halved;
    } catch (const Error& error) {
      // What a phase needs beside its steps gets no smaller with their parts.
      EXPECT_NE(std::string(error.what()).find("beside the steps"), std::string::npos) << error.what();
      continue;
    }
    EXPECT_EQ(differences(run.snapshot(), expected), std::vector<std::string>{})
        << "after allocation " << at << " of " << made;
  }
  EXPECT_GT(halved, 15);
}

}  // namespace
}  // namespace torchwing::simulated
