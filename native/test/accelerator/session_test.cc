#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/device/memory_failure.h"
#include "core/out_of_memory.h"
#include "core/train/training_state.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/pinned_memory.h"
#include "test/accelerator/training_run.h"

namespace torchwing::simulated {
namespace {

using Options = TrainingRun::Options;

constexpr std::int64_t kSteps = 3;  // of an epoch

std::vector<std::string> none() {
  return {};
}

StateDict fittedOnCpu(std::int64_t epochs) {
  Options options;
  options.device = at::kCPU;
  TrainingRun run(options);
  run.fit(epochs);
  return run.snapshot();
}

TEST(SessionOnTheAccelerator, AStepNeedsNoNewMemoryAfterTheFirstOnes) {
  TrainingRun run({});
  run.fit(2);
  const std::int64_t reserved = Memory::instance().getDeviceStats(0).reserved_bytes[0].current;
  const std::int64_t pinned = PinnedMemory::instance().madeBlocks();
  run.fit(2);
  EXPECT_EQ(Memory::instance().getDeviceStats(0).reserved_bytes[0].current, reserved);
  EXPECT_EQ(PinnedMemory::instance().madeBlocks(), pinned);
}

TEST(SessionOnTheAccelerator, TellsTheMemoryOfEachPhaseAndNotOfWhatWasBefore) {
  TrainingRun run({});
  constexpr std::int64_t kLarge = std::int64_t{64} << 20;
  at::empty({kLarge}, at::TensorOptions().device(device()).dtype(at::kByte));
  const auto trained = run.train(0).device_memory;
  const auto validated = run.validate(0).device_memory;
  ASSERT_TRUE(trained && validated);
  for (const DeviceMemory& memory : {*trained, *validated}) {
    EXPECT_GT(memory.allocated, 0);
    EXPECT_GT(memory.max_allocated, memory.allocated) << "what the layers passed on is free again";
    EXPECT_LT(memory.max_allocated, kLarge + memory.allocated) << "of before the phase";
    EXPECT_GE(memory.reserved, memory.max_allocated);
    EXPECT_GE(memory.max_reserved, memory.reserved);
  }
  EXPECT_LT(validated->max_allocated, trained->max_allocated) << "no gradients";
}

TEST(SessionOnTheAccelerator, ThereIsNoDeviceMemoryToTellOfTheCpu) {
  Options options;
  options.device = at::kCPU;
  TrainingRun run(options);
  EXPECT_FALSE(run.train(0).device_memory.has_value());
}

TEST(SessionOnTheAccelerator, PredictsBetweenTwoSteps) {
  const at::Tensor image = at::full({1, 3, 32, 32}, 0.25F);
  const auto run = [&](at::Device where) {
    Options options;
    options.device = where;
    TrainingRun training(options);
    std::vector<at::Tensor> predicted;
    training.on_progress = [&](const Progress& progress) {
      if (progress.step == kSteps) return;
      training.executor().post(Executor::Lane::kShort, [&] {
        ResNet& model = training.model();
        model.train(false);
        predicted.push_back(model.forward(image.to(where), /*grad=*/false).cpu());
        model.train(true);
      });
    };
    training.train(0);
    predicted.insert(predicted.begin(), training.snapshot().front().tensor);
    return predicted;
  };
  const std::vector<at::Tensor> expected = run(at::kCPU), predicted = run(device());
  ASSERT_GT(predicted.size(), 1);
  // Progress is told by time, so that the number of predictions may differ; the first step always tells.
  EXPECT_TRUE(at::equal(predicted[0], expected[0])) << "the weights after training";
  EXPECT_TRUE(at::equal(predicted[1], expected[1])) << "the prediction after the first step";
}

class PredictorBesideASession : public testing::TestWithParam<Precision> {};

INSTANTIATE_TEST_SUITE_P(In, PredictorBesideASession, testing::Values(Precision::kBf16, Precision::kFp16),
                         [](const auto& info) { return info.param == Precision::kBf16 ? "Bf16" : "Fp16"; });

// Autocast's casts of weights lie in one place for all models.
TEST_P(PredictorBesideASession, ComputesInItsOwnPrecisionAndLeavesTheSessionItsOwn) {
  const at::Tensor image = at::full({1, 3, 32, 32}, 0.25F);
  const auto run = [&](at::Device where) {
    Options options;
    options.device = where;
    TrainingRun training(options);
    std::unique_ptr<ResNet> predictor;
    training.inShortLane([&] {
      predictor = std::make_unique<ResNet>(
          ResNetOptions{.classes = 2, .seed = 4, .layout = Layout::kStrided, .precision = GetParam()});
      predictor->to(where);
      predictor->train(false);
    });
    at::Tensor predicted;
    training.on_progress = [&](const Progress&) {
      training.executor().post(Executor::Lane::kShort, [&] {
        predicted = predictor->forward(image.to(where), /*grad=*/false).cpu();
      });
    };
    training.train(0);
    training.inShortLane([&] { predictor.reset(); });
    return std::pair(predicted, training.snapshot());
  };
  const auto [expected, expected_weights] = run(at::kCPU);
  const auto [predicted, weights] = run(device());
  EXPECT_TRUE(at::equal(predicted, expected));
  EXPECT_EQ(differences(weights, expected_weights), none());
  EXPECT_EQ(differences(expected_weights, fittedOnCpu(1)), none());
}

TEST(SessionOnTheAccelerator, ResumesFromACheckpointOfAnyStepToTheSameBits) {
  const StateDict whole = fittedOnCpu(1);
  for (std::int64_t step = 1; step < kSteps; ++step) {
    StateDict checkpoint;
    PhasePosition position;
    {
      TrainingRun first({});
      first.on_snapshot = [&](const PhasePosition& at) {
        if (at.step != step) return;
        position = at;
        checkpoint = first.state();
        first.stop().request();
      };
      EXPECT_TRUE(first.train(0).stopped);
    }
    for (const NamedTensor& entry : checkpoint) EXPECT_TRUE(entry.tensor.is_cpu()) << entry.name;
    TrainingRun second({});
    second.inShortLane([&] { second.loadState(checkpoint); });
    second.train(0, position.step);
    second.validate(0);
    EXPECT_EQ(differences(second.snapshot(), whole), none()) << "from step " << step;
  }
}

TEST(SessionOnTheAccelerator, ACheckpointOfTheAcceleratorGoesOnOnTheCpuAndTheOtherWay) {
  const StateDict whole = fittedOnCpu(2);
  Options on_cpu;
  on_cpu.device = at::kCPU;
  for (const bool to_cpu : {true, false}) {
    TrainingRun first(to_cpu ? Options{} : on_cpu), second(to_cpu ? on_cpu : Options{});
    first.fit(1);
    StateDict checkpoint;
    first.inShortLane([&] { checkpoint = first.state(); });
    second.inShortLane([&] { second.loadState(checkpoint); });
    second.train(1);
    second.validate(1);
    EXPECT_EQ(differences(second.snapshot(), whole), none())
        << (to_cpu ? "to the CPU" : "to the accelerator");
  }
}

TEST(SessionOnTheAccelerator, AnAbortEndsWithinAStepAndTheModelStaysGood) {
  TrainingRun run({});
  run.on_progress = [&](const Progress&) { run.stop().request(); };
  const PhaseResult aborted = run.train(0);
  EXPECT_TRUE(aborted.stopped);
  EXPECT_EQ(aborted.steps, 1);
  run.stop().clear();
  run.on_progress = nullptr;
  run.train(0, aborted.next_step);
  run.validate(0);
  EXPECT_EQ(differences(run.snapshot(), fittedOnCpu(1)), none());
}

TEST(SessionOnTheAccelerator, DisposesWhileWorkIsQueuedAndLeavesNothing) {
  Streams::instance().drain();
  const std::int64_t before = Memory::instance().getDeviceStats(0).allocated_bytes[0].current;
  {
    TrainingRun run({});
    run.train(0, 0, 2);
    run.inShortLane([&] {
      run.model().forward(at::full({2, 3, 32, 32}, 0.25F).to(device()), /*grad=*/false);
    });
    EXPECT_FALSE(markOf(0).done());
    run.dispose();
  }
  Streams::instance().drain();
  EXPECT_EQ(Memory::instance().getDeviceStats(0).allocated_bytes[0].current, before);
}

/// A device that is as small as it can be now, while it lives.
class FullDevice {
 public:
  FullDevice() {
    Memory& memory = Memory::instance();
    const auto [free, total] = memory.getMemoryInfo(0);
    total_ = static_cast<std::int64_t>(total - free + kFree);
    memory.setLimit(static_cast<std::size_t>(total_));
  }
  ~FullDevice() { Memory::instance().setLimit(Memory::kCapacity); }
  FullDevice(const FullDevice&) = delete;
  FullDevice& operator=(const FullDevice&) = delete;

  std::int64_t total() const { return total_; }
  static constexpr std::int64_t kFree = 4096;

 private:
  std::int64_t total_ = 0;
};

TEST(SessionOnTheAccelerator, WhatFindsNoRoomIsToldWithWhatWasAskedForAndWhatWasFree) {
  // What other tests gave back would be used again.
  Memory::instance().emptyCache();
  TrainingRun run({});
  const FullDevice full;
  try {
    run.train(0);
    FAIL() << "expected OutOfMemory";
  } catch (const OutOfMemory& error) {
    const MemoryShortage& shortage = error.shortage();
    EXPECT_EQ(shortage.device, device().str());
    EXPECT_GT(shortage.asked.value_or(0), FullDevice::kFree) << error.what();
    ASSERT_TRUE(shortage.free.has_value());
    EXPECT_LE(*shortage.free, FullDevice::kFree);
    EXPECT_EQ(shortage.total, full.total());
    EXPECT_EQ(shortage.batch_size, 4);
    const std::string text = error.what();
    using c10::CachingAllocator::format_size;
    EXPECT_NE(text.find(" were asked for, and " + format_size(static_cast<std::uint64_t>(*shortage.free)) +
                        " of " + format_size(static_cast<std::uint64_t>(full.total())) + " were free."),
              std::string::npos)
        << text;
  }
}

TEST(SessionOnTheAccelerator, AFailureOutsideOfAPhaseIsKnownToBeTheAccelerators) {
  const FullDevice full;
  std::exception_ptr thrown;
  try {
    at::empty({5 << 20}, at::TensorOptions().device(device()).dtype(at::kByte));
  } catch (...) {
    thrown = std::current_exception();
  }
  const auto found = memoryFailure(thrown);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->shortage.device, device().str());
  EXPECT_EQ(found->shortage.asked, 5 << 20);
  EXPECT_EQ(found->shortage.free, FullDevice::kFree);
  EXPECT_EQ(found->shortage.total, full.total());
}

TEST(SessionOnTheAccelerator, IsNeverWrongAfterAnAllocationThatFailed) {
  Memory& memory = Memory::instance();
  Options options;
  options.trainable = Trainable::kHead;
  TrainingRun run(options);
  StateDict initial, expected;
  run.inShortLane([&] { initial = run.state(); });
  const std::int64_t before = memory.allocations();
  run.train(0);
  const std::int64_t made = memory.allocations() - before;
  expected = run.snapshot();
  int failed = 0;
  for (std::int64_t at = 1; at < made; at += at < 12 ? 1 : made / 12) {
    run.inShortLane([&] { run.loadState(initial); });
    memory.failAt(at);
    try {
      run.train(0);
      // A batch that found no room ahead of its time was tried again.
    } catch (const OutOfMemory& error) {
      EXPECT_EQ(error.code(), "OUT_OF_MEMORY") << error.what();
      EXPECT_EQ(error.shortage().device, device().str());
      EXPECT_GT(error.shortage().asked.value_or(0), 0) << error.what();
      EXPECT_EQ(error.shortage().total, std::int64_t{Memory::kCapacity});
      ++failed;
      memory.failAt(0);
      run.inShortLane([&] { run.loadState(initial); });
      run.train(0);
    }
    EXPECT_EQ(differences(run.snapshot(), expected), none()) << "after allocation " << at << " of " << made;
  }
  EXPECT_GT(failed, 10);
}

}  // namespace
}  // namespace torchwing::simulated
