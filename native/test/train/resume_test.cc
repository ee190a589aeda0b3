#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <ostream>
#include <vector>

#include "core/train/epoch_runner.h"
#include "core/train/snapshot_schedule.h"
#include "core/train/training_state.h"
#include "test/train/drawn_samples.h"

namespace torchwing {
namespace {

/// Images of one size; the first is no image when `damaged`.
LoaderOptions images(int count, int workers, bool damaged) {
  LoaderOptions options;
  options.samples = drawnSamples(count);
  if (damaged) {
    const std::vector<std::uint8_t>& whole = *options.samples.front().bytes;
    options.samples.front().bytes =
        std::make_shared<const std::vector<std::uint8_t>>(whole.begin(), whole.begin() + 20);
  }
  options.transforms = {transform::Resize{32, 32}, transform::RandomHorizontalFlip{0.5},
                        transform::ToTensor{},
                        transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};
  options.workers = workers;
  options.skip_bad_images = true;
  return options;
}

struct Variant {
  Layout layout;
  Trainable trainable;
  FrozenBatchNorm frozen;
  Phase phase;
};

void PrintTo(const Variant& variant, std::ostream* out) {
  *out << (variant.layout == Layout::kFast ? "fast" : "strided")
       << (variant.trainable == Trainable::kAll ? " all" : " head")
       << (variant.frozen == FrozenBatchNorm::kEval ? " eval" : "")
       << (variant.phase == Phase::kTrain ? " train" : " val");
}

/// A whole run of one phase with everything that it owns.
class Attempt : public PhaseListener {
 public:
  Attempt(const Variant& variant, int workers)
      : model_({.classes = 2, .seed = 1, .layout = variant.layout}),
        loader_(images(11, workers, /*damaged=*/true)) {
    model_.setTrainable(variant.trainable, variant.frozen);
    sgd_.emplace(model_.parameters(), SgdOptions{.lr = 0.01, .momentum = 0.9});
    loader_.onReady([this] { executor_.wake(); });
  }
  ~Attempt() override { executor_.shutdown(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  PhaseResult run(const PhaseOptions& options) {
    std::promise<PhaseResult> result;
    executor_.post(Executor::Lane::kLong, [&] {
      result.set_value(runPhase(model_, &*sgd_, loader_, options, executor_, stop_, *this));
    });
    return result.get_future().get();
  }

  void goOnFrom(const StateDict& saved) {
    const TrainingState state = splitTrainingState(saved);
    model_.load(state.model);
    std::vector<at::Tensor> buffers(sgd_->momentumBuffers().size());
    for (std::size_t i = 0; i < state.momentum.size(); ++i) buffers[i] = state.momentum[i].tensor;
    sgd_->setMomentumBuffers(buffers);
  }

  StateDict state() {
    StateDict momentum;
    for (const at::Tensor& buffer : sgd_->momentumBuffers())
      if (buffer.defined()) momentum.push_back({std::to_string(momentum.size()), buffer});
    return joinTrainingState({model_.snapshot(), momentum, std::nullopt});
  }

  void onProgress(const Progress&) override {}
  bool wantsSnapshot(const PhasePosition&) override { return true; }
  void onSnapshot(const PhasePosition& position) override { snapshots.push_back({position, state()}); }

  struct Snapshot {
    PhasePosition position;
    StateDict tensors;
  };
  std::vector<Snapshot> snapshots;

 private:
  ResNet model_;
  std::optional<Sgd> sgd_;
  Loader loader_;
  StopFlag stop_;
  Executor executor_;
};

void expectEqual(const StateDict& expected, const StateDict& received) {
  ASSERT_EQ(expected.size(), received.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(expected[i].name, received[i].name);
    EXPECT_TRUE(expected[i].tensor.equal(received[i].tensor)) << expected[i].name;
  }
}

class Resume : public testing::TestWithParam<Variant> {};

TEST_P(Resume, FromAnyStepGivesTheBitsOfThePhaseThatWasNeverCut) {
  const Phase phase = GetParam().phase;
  Attempt whole(GetParam(), 3);
  const PhaseResult expected = whole.run({.phase = phase, .epoch = 2});
  ASSERT_EQ(expected.steps, 3);
  ASSERT_EQ(expected.counts.images, 10);
  ASSERT_EQ(expected.counts.skipped, 1);
  ASSERT_EQ(whole.snapshots.size(), 3U);
  for (const Attempt::Snapshot& cut : whole.snapshots) {
    Attempt rest(GetParam(), 1);
    rest.goOnFrom(cut.tensors);
    const PhaseResult result = rest.run(
        {.phase = phase, .epoch = 2, .start_step = cut.position.step, .before = cut.position.counts});
    EXPECT_EQ(result.counts.images, expected.counts.images);
    EXPECT_EQ(result.counts.correct, expected.counts.correct);
    EXPECT_EQ(result.counts.skipped, expected.counts.skipped);
    EXPECT_EQ(result.counts.loss_sum, expected.counts.loss_sum);  // to the bit
    EXPECT_EQ(result.next_step, 3);
    expectEqual(whole.state(), rest.state());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, Resume,
    testing::Values(Variant{Layout::kFast, Trainable::kAll, FrozenBatchNorm::kTutorial, Phase::kTrain},
                    Variant{Layout::kStrided, Trainable::kAll, FrozenBatchNorm::kTutorial, Phase::kTrain},
                    Variant{Layout::kFast, Trainable::kHead, FrozenBatchNorm::kTutorial, Phase::kTrain},
                    Variant{Layout::kFast, Trainable::kHead, FrozenBatchNorm::kEval, Phase::kTrain},
                    Variant{Layout::kFast, Trainable::kAll, FrozenBatchNorm::kTutorial, Phase::kVal}));

TEST(TrainingState, IsSplitAsItWasJoined) {
  const auto tensor = [](int value) { return at::full({2}, value); };
  const TrainingState parts{
      {{"fc.bias", tensor(1)}}, {{"fc.bias", tensor(2)}}, StateDict{{"fc.bias", tensor(3)}}};
  const StateDict joined = joinTrainingState(parts);
  ASSERT_EQ(joined.size(), 3U);
  EXPECT_EQ(joined[1].name, "momentum.fc.bias");
  const TrainingState split = splitTrainingState(joined);
  expectEqual(parts.model, split.model);
  expectEqual(parts.momentum, split.momentum);
  expectEqual(*parts.best, *split.best);
  EXPECT_THROW(splitTrainingState({{"fc.bias", tensor(1)}}), std::exception);
}

TEST(SnapshotSchedule, CountsTrainingStepsOverEpochsAndHasOneSnapshotOnItsWay) {
  SnapshotSchedule schedule;
  schedule.begin(/*steps=*/4, /*steps_per_epoch=*/3);
  const auto at = [](Phase phase, int epoch, int step) { return PhasePosition{phase, epoch, step, {}}; };
  EXPECT_FALSE(schedule.due(at(Phase::kTrain, 0, 3)));
  EXPECT_FALSE(schedule.due(at(Phase::kVal, 1, 1)));
  EXPECT_TRUE(schedule.due(at(Phase::kTrain, 1, 1)));
  // The taker is still busy: what falls due waits, and comes once.
  EXPECT_FALSE(schedule.due(at(Phase::kTrain, 2, 2)));
  EXPECT_FALSE(schedule.due(at(Phase::kTrain, 2, 3)));
  schedule.taken();
  EXPECT_TRUE(schedule.due(at(Phase::kVal, 2, 1)));
  schedule.taken();
  EXPECT_FALSE(schedule.due(at(Phase::kVal, 2, 2)));
  schedule.request();
  EXPECT_TRUE(schedule.due(at(Phase::kVal, 2, 3)));
}

}  // namespace
}  // namespace torchwing
