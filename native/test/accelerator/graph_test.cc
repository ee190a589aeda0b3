#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/device/stream_scope.h"
#include "core/error.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/recorded_graph.h"
#include "test/accelerator/training_run.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

using Options = TrainingRun::Options;

/// Five batches of four and one of two.
constexpr int kImages = 22;
constexpr int kWholeBatches = 5;

std::vector<std::string> none() {
  return {};
}

Options withGraph(Options options = {}) {
  options.images = kImages;
  options.graph = true;
  return options;
}

StateDict trainedStepByStep(Options options, at::Device where, std::int64_t epochs) {
  options.images = kImages;
  options.device = where;
  options.rate_on_device = true;
  TrainingRun run(options);
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) run.train(epoch);
  return run.snapshot();
}

class GraphOnTheAccelerator : public testing::Test {
  const GraphsHere graphs_;
};

struct Case {
  std::string name;
  Options options;
};

class GraphedFit : public GraphOnTheAccelerator, public testing::WithParamInterface<Case> {};

std::vector<Case> cases() {
  Options extractor, mixed, smoothed, bf16, fp16, mixed_fp16;
  extractor.trainable = Trainable::kHead;
  mixed.mix = {.mixup_alpha = 1, .cutmix_alpha = 1};
  smoothed.label_smoothing = 0.1;
  bf16.precision = Precision::kBf16;
  fp16.precision = Precision::kFp16;
  fp16.loss_scale = 256;  // at which nothing overflows
  mixed_fp16 = fp16;
  mixed_fp16.mix = mixed.mix;
  return {{"Finetune", {}}, {"Extractor", extractor}, {"Mixed", mixed},         {"SmoothedLabels", smoothed},
          {"Bf16", bf16},   {"Fp16", fp16},           {"MixedFp16", mixed_fp16}};
}

INSTANTIATE_TEST_SUITE_P(OnTheAccelerator, GraphedFit, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(GraphedFit, GivesTheBitsOfStepsByThemselves) {
  TrainingRun run(withGraph(GetParam().options));
  run.train(0);
  run.train(1);
  EXPECT_EQ(run.graph().recorded(), 1);
  EXPECT_EQ(run.graph().replayed(), 2 * kWholeBatches - GraphedStep::kWarmUpSteps);
  EXPECT_EQ(differences(run.snapshot(), trainedStepByStep(GetParam().options, at::kCPU, 2)), none());
}

TEST_P(GraphedFit, AReplayWaitsForNothing) {
  TrainingRun run(withGraph(GetParam().options));
  run.train(0);
  int figures = 1;  // the phase's result
  run.on_progress = [&](const Progress&) { ++figures; };
  takeWaits();
  run.train(1);
  const WaitCounts waits = takeWaits();
  EXPECT_EQ(waits.item, 2 * figures);
  EXPECT_LE(waits.event, kWholeBatches + 1 - static_cast<int>(CopyLane::kBuffers))
      << "for buffers of batches";
  EXPECT_EQ(waits.total(), waits.item + waits.event);
}

TEST_F(GraphOnTheAccelerator, IsRecordedOnceEachParameterHasItsMomentumThoughTheFirstStepsOverflow) {
  Options options;
  options.images = kImages;
  options.precision = Precision::kFp16;
  options.rate_on_device = true;
  const auto trained = [](const Options& given) {
    TrainingRun run(given);
    run.train(0);
    run.train(1);
    if (given.graph) {
      EXPECT_EQ(run.graph().recorded(), 1);
      EXPECT_GT(run.graph().replayed(), 0);
      EXPECT_LT(run.graph().replayed(), 2 * kWholeBatches - GraphedStep::kWarmUpSteps)
          << "the first steps, which overflow at this scale, have to be more than are always run by "
             "themselves";
    }
    StateDict state;
    run.inShortLane([&] { state = run.state(); });
    return state;
  };
  const StateDict state = trained(withGraph(options));
  options.device = at::kCPU;
  EXPECT_EQ(differences(state, trained(options)), none()) << "weights, momentum and the loss scale";
}

TEST_F(GraphOnTheAccelerator, ARecordingThatFailsLeavesNoGradientsOfWorkThatWasNeverDone) {
  TrainingRun run(withGraph());
  std::int64_t before = 0;
  run.on_snapshot = [&](const PhasePosition& position) {
    const std::int64_t allocations = Memory::instance().allocations();
    // Near the end of the recorded step, behind its backward pass.
    if (position.step == GraphedStep::kWarmUpSteps) Memory::instance().failAt(allocations - before - 10);
    before = allocations;
  };
  EXPECT_THROW(run.train(0), Error);
  run.inShortLane([&] {
    for (const at::Tensor& parameter : run.sgd().parameters()) EXPECT_FALSE(parameter.grad().defined());
  });
}

/// Which step of epoch 0 runs out of memory at one of its allocations, or validation.
struct Beside {
  std::string name;
  bool in_validation;
};

class MemoryBesideAGraph : public GraphOnTheAccelerator, public testing::WithParamInterface<Beside> {};

INSTANTIATE_TEST_SUITE_P(OnTheAccelerator, MemoryBesideAGraph,
                         testing::Values(Beside{"ForAShortBatch", false}, Beside{"ForValidation", true}),
                         [](const auto& info) { return info.param.name; });

TEST_P(MemoryBesideAGraph, ThatRunsOutIsGivenUpByTheGraph) {
  TrainingRun run(withGraph());
  run.on_snapshot = [&](const PhasePosition& position) {
    const bool validating = position.phase == Phase::kVal;
    if (validating != GetParam().in_validation || position.epoch != 0) return;
    // What is next are the short batch of training and the second one of validation.
    if (position.step == (validating ? 1 : kWholeBatches)) Memory::instance().failAt(40);
  };
  run.train(0);
  const PhaseCounts validated = run.validate(0).counts;
  run.train(1);
  EXPECT_EQ(run.graph().recorded(), 2) << "anew in the second epoch";
  Options on_cpu;
  on_cpu.device = at::kCPU;
  on_cpu.images = kImages;
  on_cpu.rate_on_device = true;
  TrainingRun expected(on_cpu);
  expected.train(0);
  EXPECT_EQ(validated.loss_sum, expected.validate(0).counts.loss_sum);
  expected.train(1);
  EXPECT_EQ(differences(run.snapshot(), expected.snapshot()), none());
}

TEST_F(GraphOnTheAccelerator, FollowsTheRateAndWeightsThatWereSetInPlace) {
  const auto train = [](const Options& options) {
    TrainingRun run(options);
    StateDict fresh;
    run.inShortLane([&] { fresh = run.model().snapshot(); });
    run.train(0);
    run.inShortLane([&] {
      run.sgd().setLr(0.001);
      run.model().load(fresh);
    });
    run.train(1);
    return run.snapshot();
  };
  Options eager;
  eager.images = kImages;
  eager.rate_on_device = true;
  eager.device = at::kCPU;
  EXPECT_EQ(differences(train(withGraph()), train(eager)), none());
}

TEST_F(GraphOnTheAccelerator, PredictsAndTakesSnapshotsBetweenReplays) {
  TrainingRun run(withGraph());
  int snapshots = 0;
  run.on_snapshot = [&](const PhasePosition&) {
    ++snapshots;
    run.state();
    // What a prediction allocates and frees between two steps must be no memory of the graph's.
    run.executor().post(Executor::Lane::kShort, [&] {
      run.model().train(false);
      run.model().forward(at::full({4, 3, 32, 32}, 0.25F).to(device()), /*grad=*/false).cpu();
      run.model().train(true);
    });
  };
  run.train(0);
  run.train(1);
  EXPECT_EQ(snapshots, 2 * (kWholeBatches + 1));
  EXPECT_EQ(differences(run.snapshot(), trainedStepByStep({}, at::kCPU, 2)), none());
}

TEST_F(GraphOnTheAccelerator, AHostThatWaitsWhileAStepIsRecordedIsRefused) {
  const StreamScope scope(streamOfPool(device()));
  const at::Tensor value = at::full({}, 1.0F, at::TensorOptions().device(device()));
  RecordedGraph graph;
  EXPECT_THROW(graph.capture([&] { value.item(); }), c10::Error);
  takeWaits();
  EXPECT_EQ(value.item<float>(), 1) << "the stream is good again";
}

TEST_F(GraphOnTheAccelerator, TheDefaultStreamCannotBeRecorded) {
  RecordedGraph graph;
  EXPECT_THROW(graph.capture([] {}), c10::Error);
}

}  // namespace
}  // namespace torchwing::simulated
