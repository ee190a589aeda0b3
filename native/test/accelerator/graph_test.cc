#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/device/stream_scope.h"
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
  Options extractor, mixed;
  extractor.trainable = Trainable::kHead;
  mixed.mix = {.mixup_alpha = 1, .cutmix_alpha = 1};
  return {{"Finetune", {}}, {"Extractor", extractor}, {"Mixed", mixed}};
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

TEST_F(GraphOnTheAccelerator, AReplayWaitsForNothing) {
  TrainingRun run(withGraph());
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
