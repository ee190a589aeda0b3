#include "core/train/epoch_runner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <future>
#include <limits>

#include "core/error.h"
#include "test/train/drawn_samples.h"

namespace torchwing {
namespace {

LoaderOptions smallImages(int count) {
  LoaderOptions options;
  options.samples = drawnSamples(count);
  options.transforms = {transform::Resize{32, 32}, transform::ToTensor{},
                        transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};
  options.workers = 2;
  return options;
}

/// A model, its optimizer and a loader, run on an executor's thread as the binding runs them.
class EpochRunner : public testing::Test {
 protected:
  PhaseResult run(PhaseOptions options) {
    std::promise<PhaseResult> result;
    executor_.post(Executor::Lane::kLong, [&] {
      try {
        result.set_value(runPhase(model_, &sgd_, loader_, options, executor_, stop_, listener_));
      } catch (...) {
        result.set_exception(std::current_exception());
      }
    });
    return result.get_future().get();
  }

  Executor executor_;
  ResNet model_{{.classes = 2, .seed = 1}};
  Sgd sgd_{model_.parameters(), {.lr = 0.01, .momentum = 0.9}};
  Loader loader_{smallImages(10)};
  StopFlag stop_;
  std::vector<Progress> progress_;
  std::function<void(const Progress&)> on_progress_ = [this](const Progress& latest) {
    progress_.push_back(latest);
  };

  std::function<void(const PhasePosition&)> on_snapshot_;

  struct Listener : PhaseListener {
    explicit Listener(EpochRunner& test) : test(test) {}
    void onProgress(const Progress& latest) override { test.on_progress_(latest); }
    bool wantsSnapshot(const PhasePosition&) override { return test.on_snapshot_ != nullptr; }
    void onSnapshot(const PhasePosition& position) override { test.on_snapshot_(position); }
    EpochRunner& test;
  } listener_{*this};

  void SetUp() override {
    loader_.onReady([this] { executor_.wake(); });
  }
  void TearDown() override { executor_.shutdown(); }
};

TEST_F(EpochRunner, TrainsEveryImageOnceAndCountsThem) {
  const PhaseResult result = run({.phase = Phase::kTrain});
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.counts.images, 10);
  EXPECT_GT(result.counts.loss_sum, 0);
  EXPECT_FALSE(result.stopped);
  EXPECT_TRUE(model_.training());
  ASSERT_FALSE(progress_.empty());
  EXPECT_EQ(progress_.front().step, 1) << "the first step is always reported";
  EXPECT_EQ(progress_.back().step, 3) << "so is the last";
}

TEST_F(EpochRunner, ValidationChangesNoWeight) {
  const StateDict before = model_.snapshot();
  const PhaseResult result = run({.phase = Phase::kVal});
  EXPECT_EQ(result.counts.images, 10);
  const StateDict after = model_.snapshot();
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(before[i].tensor.equal(after[i].tensor)) << before[i].name;
  }
}

class HalvesOfAnEpoch : public EpochRunner, public testing::WithParamInterface<MixOptions> {};

INSTANTIATE_TEST_SUITE_P(WithAndWithoutMixing, HalvesOfAnEpoch,
                         testing::Values(MixOptions{}, MixOptions{.mixup_alpha = 1, .cutmix_alpha = 1}),
                         [](const auto& info) { return info.param.enabled() ? "Mixed" : "Plain"; });

TEST_P(HalvesOfAnEpoch, EqualTheWhole) {
  ResNet whole({.classes = 2, .seed = 1});
  Sgd sgd(whole.parameters(), {.lr = 0.01, .momentum = 0.9});
  PhaseOptions options{.phase = Phase::kTrain, .epoch = 4, .mix = GetParam()};
  std::promise<void> done;
  executor_.post(Executor::Lane::kLong, [&] {
    runPhase(whole, &sgd, loader_, options, executor_, stop_, listener_);
    done.set_value();
  });
  done.get_future().wait();
  options.max_steps = 1;
  run(options);
  options.start_step = 1;
  options.max_steps = -1;
  run(options);
  const StateDict halves = model_.snapshot();
  const StateDict expected = whole.snapshot();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(expected[i].tensor.equal(halves[i].tensor)) << expected[i].name;
  }
}

TEST_F(EpochRunner, MixingIsOfTrainingAlone) {
  const MixOptions mix{.mixup_alpha = 1, .cutmix_alpha = 1};
  const double plain = run({.phase = Phase::kVal}).counts.loss_sum;
  EXPECT_EQ(run({.phase = Phase::kVal, .mix = mix}).counts.loss_sum, plain);
  const PhaseResult first = run({.phase = Phase::kTrain, .max_steps = 1});
  model_.load(ResNet({.classes = 2, .seed = 1}).state());
  const PhaseResult mixed = run({.phase = Phase::kTrain, .max_steps = 1, .mix = mix});
  EXPECT_EQ(mixed.counts.images, first.counts.images);
  EXPECT_NE(mixed.counts.loss_sum, first.counts.loss_sum);
}

TEST_F(EpochRunner, LabelSmoothingIsOfBothPhases) {
  for (const Phase phase : {Phase::kVal, Phase::kTrain}) {
    model_.load(ResNet({.classes = 2, .seed = 1}).state());
    const double plain = run({.phase = phase, .max_steps = 1}).counts.loss_sum;
    model_.load(ResNet({.classes = 2, .seed = 1}).state());
    EXPECT_NE(run({.phase = phase, .max_steps = 1, .label_smoothing = 0.5}).counts.loss_sum, plain);
  }
}

TEST_F(EpochRunner, StopsAfterTheStepInWhichItIsAsked) {
  on_progress_ = [this](const Progress&) { stop_.request(); };
  const PhaseResult result = run({.phase = Phase::kTrain});
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.steps, 1);
}

TEST_F(EpochRunner, ServesShortJobsBetweenSteps) {
  std::promise<void> served;
  on_progress_ = [&](const Progress& latest) {
    if (latest.step == 1) executor_.post(Executor::Lane::kShort, [&served] { served.set_value(); });
  };
  run({.phase = Phase::kTrain});
  EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(EpochRunner, ANonFiniteLossOfMixedLabelsIsRefusedToo) {
  const StateDict weights = model_.state();
  at::Tensor bias = weights.back().tensor.detach();
  bias.fill_(std::numeric_limits<float>::quiet_NaN());
  try {
    run({.phase = Phase::kTrain, .mix = {.mixup_alpha = 1}});
    FAIL() << "expected LOSS_NOT_FINITE";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LOSS_NOT_FINITE");
  }
}

TEST_F(EpochRunner, ANonFiniteLossEndsBeforeItTouchesTheWeights) {
  const StateDict weights = model_.state();
  at::Tensor bias = weights.back().tensor.detach();
  bias.fill_(std::numeric_limits<float>::quiet_NaN());
  const at::Tensor kernel = weights.front().tensor.detach().clone();
  try {
    run({.phase = Phase::kTrain, .epoch = 5});
    FAIL() << "expected LOSS_NOT_FINITE";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LOSS_NOT_FINITE");
    EXPECT_NE(std::string(error.what()).find("step 0 of epoch 5"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(kernel.equal(model_.state().front().tensor));
}

TEST_F(EpochRunner, ShutdownEndsAPhase) {
  std::promise<void> started;
  bool first = true;
  on_progress_ = [&](const Progress&) {
    if (std::exchange(first, false)) started.set_value();
  };
  std::promise<bool> stopped;
  executor_.post(Executor::Lane::kLong, [&] {
    bool ended = false;
    for (int epoch = 0; !ended; ++epoch) {
      ended = runPhase(model_, &sgd_, loader_, {.phase = Phase::kTrain, .epoch = epoch}, executor_, stop_,
                       listener_)
                  .stopped;
    }
    stopped.set_value(ended);
  });
  started.get_future().wait();
  executor_.shutdown();
  EXPECT_TRUE(stopped.get_future().get());
}

}  // namespace
}  // namespace torchwing
