#include <gtest/gtest.h>

#include "test/accelerator/memory.h"
#include "test/accelerator/training_run.h"

namespace torchwing::simulated {
namespace {

TEST(CheckpointOnTheAccelerator, TakesNoMemoryOfTheDevice) {
  TrainingRun run({});
  run.train(0, 0, /*max_steps=*/1);
  run.inShortLane([&] {
    const std::int64_t before = Memory::instance().allocations();
    run.state();
    EXPECT_EQ(Memory::instance().allocations(), before) << "a run near the limit would end here";
    for (const at::Tensor& buffer : run.sgd().momentumBuffers()) EXPECT_TRUE(buffer.is_cpu());
  });
}

}  // namespace
}  // namespace torchwing::simulated
