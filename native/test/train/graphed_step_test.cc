#include "core/train/graphed_step.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <future>

#include "core/error.h"
#include "core/train/epoch_runner.h"
#include "core/train/loss_scaler.h"
#include "core/train/step_signature.h"
#include "test/train/drawn_samples.h"

namespace torchwing {
namespace {

/// Stands in for a CUDA graph on the CPU: recording runs nothing, and each replay does the work again.
class StandInGraph : public DeviceGraph {
 public:
  static inline bool fails = false;
  static inline int alive = 0;

  StandInGraph() { ++alive; }
  ~StandInGraph() override { --alive; }
  void capture(const std::function<void()>& work) override {
    if (fails) throw Error("OUT_OF_MEMORY", "no memory for a graph");
    work_ = work;
  }
  void replay() override { work_(); }

 private:
  std::function<void()> work_;
};

/// 22 images: five batches of four and one of two.
LoaderOptions images() {
  LoaderOptions options;
  options.samples = drawnSamples(22);
  options.transforms = {transform::Resize{32, 32}, transform::ToTensor{},
                        transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};
  options.workers = 2;
  return options;
}

constexpr int kWholeBatches = 5;

struct Listener : PhaseListener {
  void onProgress(const Progress& latest) override {
    if (on_progress) on_progress(latest);
  }
  bool wantsSnapshot(const PhasePosition&) override { return false; }
  void onSnapshot(const PhasePosition&) override {}
  std::function<void(const Progress&)> on_progress;
};

/// What a session has, with graphs or without.
struct Trained {
  explicit Trained(Executor& executor) : executor(executor) {
    sgd.keepRateOnDevice();
    loader.onReady([&executor] { executor.wake(); });
  }

  PhaseResult run(const PhaseOptions& options, GraphedStep* graph = nullptr) {
    std::promise<PhaseResult> result;
    executor.post(Executor::Lane::kLong, [&] {
      try {
        result.set_value(runPhase(model, &sgd, loader, options, executor, stop, listener, graph));
      } catch (...) {
        result.set_exception(std::current_exception());
      }
    });
    return result.get_future().get();
  }

  Executor& executor;
  ResNet model{{.classes = 2, .seed = 1}};
  Sgd sgd{model.parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-4}};
  Loader loader{images()};
  StopFlag stop;
  Listener listener;
};

void expectSameBits(const Trained& expected, const Trained& received) {
  const StateDict a = expected.model.state(), b = received.model.state();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].tensor.equal(b[i].tensor)) << a[i].name;
  for (std::size_t i = 0; i < expected.sgd.buffers().size(); ++i)
    EXPECT_TRUE(expected.sgd.buffers()[i].equal(received.sgd.buffers()[i])) << "momentum " << i;
}

class Graphed : public testing::Test {
 protected:
  void SetUp() override {
    registerDeviceGraphs(c10::kCPU, [] { return std::make_unique<StandInGraph>(); });
    graph_ = std::make_unique<GraphedStep>(at::kCPU);
  }
  void TearDown() override {
    executor_.shutdown();
    graph_.reset();
    explainNoDeviceGraphs(c10::kCPU, "");
    EXPECT_EQ(StandInGraph::alive, 0);
  }

  /// An epoch with the graph and one without, which must not differ in a bit.
  void bothEpochs(std::int64_t epoch, const PhaseOptions& form = {}) {
    PhaseOptions options = form;
    options.epoch = epoch;
    const PhaseResult plain = eager_.run(options);
    const PhaseResult graphed = graphed_.run(options, graph_.get());
    EXPECT_EQ(graphed.steps, plain.steps);
    EXPECT_EQ(graphed.counts.loss_sum, plain.counts.loss_sum);
    EXPECT_EQ(graphed.counts.correct, plain.counts.correct);
    EXPECT_EQ(graphed.counts.images, plain.counts.images);
    expectSameBits(eager_, graphed_);
  }

  void onBoth(const std::function<void(Trained&)>& change) {
    change(eager_);
    change(graphed_);
  }

  Executor executor_;
  Trained eager_{executor_};
  Trained graphed_{executor_};
  std::unique_ptr<GraphedStep> graph_;
};

TEST_F(Graphed, EpochsEqualThoseStepByStepBitForBit) {
  bothEpochs(0);
  EXPECT_EQ(graph_->recorded(), 1);
  EXPECT_EQ(graph_->replayed(), kWholeBatches - GraphedStep::kWarmUpSteps)
      << "the first steps and the short last batch run by themselves";
  bothEpochs(1);
  EXPECT_EQ(graph_->recorded(), 1) << "kept across phases";
  EXPECT_EQ(graph_->replayed(), 2 * kWholeBatches - GraphedStep::kWarmUpSteps);
}

TEST_F(Graphed, MixedLabelsAreInputsToo) {
  bothEpochs(0, {.mix = {.mixup_alpha = 1, .cutmix_alpha = 1}, .label_smoothing = 0.1});
  EXPECT_EQ(graph_->replayed(), kWholeBatches - GraphedStep::kWarmUpSteps);
}

TEST_F(Graphed, FollowsTheLearningRate) {
  bothEpochs(0);
  onBoth([](Trained& one) { one.sgd.setLr(one.sgd.lr() * 0.1); });
  bothEpochs(1);
  EXPECT_EQ(graph_->recorded(), 1);
}

TEST_F(Graphed, WeightsThatWereSetInPlaceAreTrainedOnWithoutANewRecording) {
  bothEpochs(0);
  const StateDict fresh = ResNet({.classes = 2, .seed = 1}).snapshot();
  onBoth([&](Trained& one) { one.model.load(fresh); });
  bothEpochs(1);
  EXPECT_EQ(graph_->recorded(), 1);
}

struct Change {
  const char* name;
  std::function<void(Trained&)> make;
};

class RecordedAnew : public Graphed, public testing::WithParamInterface<Change> {};

INSTANTIATE_TEST_SUITE_P(
    After, RecordedAnew,
    testing::Values(Change{"MomentumBuffers",
                           [](Trained& one) { one.sgd.setMomentumBuffers(one.sgd.momentumBuffers()); }},
                    Change{"OptimizerOptions",
                           [](Trained& one) {
                             SgdState state = one.sgd.state();
                             state.options.weight_decay = 0.01;
                             one.sgd.load(state);
                           }},
                    Change{"WhatIsTrained",
                           [](Trained& one) {
                             one.model.setTrainable(Trainable::kHead, FrozenBatchNorm::kEval);
                           }},
                    Change{"Memory",
                           [](Trained& one) {
                             const at::NoGradGuard no_graph;
                             for (at::Tensor& parameter : one.model.parameters())
                               parameter.set_data(parameter.clone());
                           }}),
    [](const auto& info) { return info.param.name; });

TEST_P(RecordedAnew, AChangeOfWhatTheStepHoldsIsSeen) {
  bothEpochs(0);
  onBoth(GetParam().make);
  bothEpochs(1);
  EXPECT_EQ(graph_->recorded(), 2);
  EXPECT_EQ(graph_->replayed(), 2 * (kWholeBatches - GraphedStep::kWarmUpSteps)) << "it was warmed up again";
}

TEST(StepSignatureTest, HoldsWhereTheRateAndTheLossScaleLie) {
  ResNet model({.classes = 2, .seed = 1});
  Sgd sgd(model.parameters(), {.lr = 0.1});
  const StepSignature before = signatureOf(model, sgd, {});
  sgd.keepRateOnDevice();
  sgd.step();
  const StepSignature after = signatureOf(model, sgd, {});
  EXPECT_NE(after, before);
  sgd.setLr(0.2);
  EXPECT_EQ(signatureOf(model, sgd, {}), after) << "its value is no part of it";
  LossScaler one(at::kCPU), another(at::kCPU);
  EXPECT_NE(signatureOf(model, sgd, {.scaler = &one}), signatureOf(model, sgd, {.scaler = &another}));
}

TEST_F(Graphed, APhaseGoesOnFromAStopBetweenReplays) {
  graphed_.listener.on_progress = [this](const Progress& latest) {
    if (latest.step == 1) graphed_.stop.request();
  };
  PhaseOptions options;
  eager_.run(options);
  eager_.run({.epoch = 1});
  graphed_.run({}, graph_.get());  // ends after its first step
  std::int64_t done = 1;
  while (done < kWholeBatches + 1) {
    graphed_.stop.clear();
    done = graphed_.run({.start_step = done, .max_steps = 2}, graph_.get()).next_step;
  }
  graphed_.listener.on_progress = {};
  graphed_.stop.clear();
  graphed_.run({.epoch = 1}, graph_.get());
  expectSameBits(eager_, graphed_);
  EXPECT_EQ(graph_->recorded(), 1);
}

TEST_F(Graphed, ServesShortJobsBetweenReplays) {
  std::promise<void> served;
  graphed_.listener.on_progress = [&](const Progress& latest) {
    if (latest.step == 1) executor_.post(Executor::Lane::kShort, [&served] { served.set_value(); });
  };
  graphed_.run({}, graph_.get());
  EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(Graphed, ABadLossInAReplayIsRefusedAsOneWithoutAGraph) {
  bothEpochs(0);
  std::vector<std::string> messages;
  onBoth([&](Trained& one) {
    one.listener.on_progress = [&one](const Progress& latest) {
      if (latest.step == 1) one.model.state().back().tensor.detach().fill_(HUGE_VALF);
    };
    try {
      one.run({.epoch = 1}, &one == &graphed_ ? graph_.get() : nullptr);
    } catch (const Error& error) {
      messages.push_back(error.what());
    }
  });
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_NE(messages[0].find("training step 1 of epoch 1"), std::string::npos) << messages[0];
  EXPECT_EQ(messages[0], messages[1]);
  expectSameBits(eager_, graphed_);
}

TEST_F(Graphed, ValidationIsNotRecorded) {
  graphed_.run({.phase = Phase::kVal}, graph_.get());
  graphed_.run({.phase = Phase::kVal}, graph_.get());
  EXPECT_EQ(graph_->recorded() + graph_->replayed(), 0);
}

TEST_F(Graphed, ARecordingThatFailsIsToldAndTheNextOneGoesOn) {
  StandInGraph::fails = true;
  try {
    graphed_.run({}, graph_.get());
    ADD_FAILURE() << "expected OUT_OF_MEMORY";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "OUT_OF_MEMORY");
  }
  StandInGraph::fails = false;
  eager_.run({});
  graphed_.run({.start_step = GraphedStep::kWarmUpSteps}, graph_.get());
  expectSameBits(eager_, graphed_);
}

TEST_F(Graphed, TheEndOfTheComputeThreadDestroysWhatIsStillHeld) {
  Executor thread({}, releaseGraphsHere);
  Trained trained(thread);
  std::unique_ptr<GraphedStep> held;
  std::promise<void> made;
  thread.post(Executor::Lane::kShort, [&] {
    held = std::make_unique<GraphedStep>(at::kCPU);
    made.set_value();
  });
  made.get_future().wait();
  trained.run({}, held.get());
  EXPECT_EQ(StandInGraph::alive, 1);
  thread.shutdown();
  EXPECT_EQ(StandInGraph::alive, 0);
}

}  // namespace
}  // namespace torchwing
