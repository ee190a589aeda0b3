#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <vector>

#include "test/accelerator/pinned_memory.h"
#include "test/accelerator/planted_fault.h"
#include "test/accelerator/training_run.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

/// Many more batches than there are buffers, so that each is used again and again. The head alone learns, for
/// speed; batches are moved alike.
constexpr int kImages = 78;
constexpr std::int64_t kBatches = 20;

TrainingRun::Options manyBatches(at::Device device) {
  TrainingRun::Options options;
  options.device = device;
  options.trainable = Trainable::kHead;
  options.images = kImages;
  return options;
}

StateDict trained(at::Device device) {
  TrainingRun run(manyBatches(device));
  EXPECT_EQ(run.train(0).steps, kBatches);
  return run.snapshot();
}

const StateDict& trainedOnCpu() {
  static const StateDict weights = trained(at::kCPU);
  return weights;
}

struct Late {
  std::string name;
  Lateness compute, others;
};

class Pipeline : public testing::TestWithParam<Late> {
 protected:
  void SetUp() override {
    trainedOnCpu();
    Streams::instance().setLateness(GetParam().compute, GetParam().others);
  }
};

INSTANTIATE_TEST_SUITE_P(OnTheAccelerator, Pipeline,
                         testing::Values(Late{"EverythingLate", Lateness::kOnDemand, Lateness::kOnDemand},
                                         Late{"ComputingLate", Lateness::kOnDemand, Lateness::kPrompt},
                                         Late{"CopyingLate", Lateness::kPrompt, Lateness::kOnDemand},
                                         Late{"NothingLate", Lateness::kPrompt, Lateness::kPrompt}),
                         [](const auto& info) { return info.param.name; });

TEST_P(Pipeline, OfMoreBatchesThanBuffersGivesTheCpusBits) {
  EXPECT_EQ(differences(trained(device()), trainedOnCpu()), std::vector<std::string>{});
}

TEST_P(Pipeline, WaitsForNothingButFiguresUntilTheHostIsFarAhead) {
  TrainingRun run(manyBatches(device()));
  int figures = 1;  // the phase's result
  run.on_progress = [&](const Progress&) { ++figures; };
  takeWaits();
  run.train(0, 0, /*max_steps=*/1);
  EXPECT_EQ(takeWaits().item, 2 * figures + 1) << "the first step asks whether momentum may begin";
  figures = 1;
  ASSERT_EQ(run.train(1).steps, kBatches);
  const WaitCounts waits = takeWaits();
  EXPECT_EQ(waits.item, 2 * figures);
  EXPECT_LE(waits.event, kBatches - static_cast<std::int64_t>(CopyLane::kBuffers));
  EXPECT_EQ(waits.total(), waits.item + waits.event);
}

TEST_P(Pipeline, HasAllItsPageLockedMemoryFromTheFirstStepOn) {
  TrainingRun run(manyBatches(device()));
  std::int64_t first = 0;
  run.on_progress = [&](const Progress& progress) {
    if (progress.step == 1) first = PinnedMemory::instance().allocations();
  };
  ASSERT_EQ(run.train(0).steps, kBatches);
  EXPECT_EQ(PinnedMemory::instance().allocations(), first);
}

/// Whether training shows that something is amiss: other weights, or work that fails for what it was given.
bool shows(Fault fault) {
  const PlantedFault planted(fault);
  try {
    return !differences(trained(device()), trainedOnCpu()).empty();
  } catch (const std::exception&) {
    return true;
  }
}

TEST(PlantedFaults, AreSeenInTrainingEveryTime) {
  trainedOnCpu();
  for (int i = 0; i < 3; ++i) {
    Streams::instance().setLateness(Lateness::kOnDemand, Lateness::kOnDemand);
    EXPECT_FALSE(shows(Fault::kNone));
    EXPECT_TRUE(shows(Fault::kComputingWaitsForNoEvent)) << "it computes on what has not arrived";
    EXPECT_TRUE(shows(Fault::kHostWaitsForNoEvent)) << "the host writes what is still to be copied";
    Streams::instance().setLateness(Lateness::kOnDemand, Lateness::kPrompt);
    EXPECT_TRUE(shows(Fault::kCopyingWaitsForNoEvent)) << "a batch arrives over one that is still to be used";
  }
}

}  // namespace
}  // namespace torchwing::simulated
