#include "core/train/micro_batches.h"

#include <ATen/Context.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include "core/model/loss.h"
#include "core/train/training_step.h"

namespace torchwing {
namespace {

using Sizes = std::vector<std::int64_t>;

TEST(MicroBatches, AreEqualAndHoldTheBatch) {
  EXPECT_EQ(microBatches(64, 0), (Sizes{64}));
  EXPECT_EQ(microBatches(64, 64), (Sizes{64}));
  EXPECT_EQ(microBatches(64, 32), (Sizes{32, 32}));
  EXPECT_EQ(microBatches(10, 8), (Sizes{5, 5}));
  EXPECT_EQ(microBatches(11, 4), (Sizes{4, 4, 3}));
}

TEST(MicroBatches, LeaveNoImageAlone) {
  EXPECT_EQ(microBatches(5, 2), (Sizes{3, 2}));
  EXPECT_EQ(microBatches(3, 2), (Sizes{3}));
  EXPECT_EQ(microBatches(1, 2), (Sizes{1}));
}

TEST(MicroBatches, AreHalvedDownToTwo) {
  EXPECT_EQ(halvedMicroBatch(64, 0), 32);
  EXPECT_EQ(halvedMicroBatch(64, 32), 16);
  EXPECT_EQ(halvedMicroBatch(5, 0), 2);
  EXPECT_EQ(halvedMicroBatch(4, 2), 0);
  EXPECT_EQ(halvedMicroBatch(5, 2), 0);
  EXPECT_EQ(halvedMicroBatch(3, 0), 0);
  EXPECT_EQ(halvedMicroBatch(1, 0), 0);
}

/// A step in parts, in double, against the formula that it stands for.
class StepInParts : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::int64_t kImages = 5;
  static constexpr std::int64_t kMicroBatch = 2;  // in parts of three and two

  struct Doubles : ResNet {
    Doubles(Trainable trainable, FrozenBatchNorm frozen)
        : ResNet({.classes = 3, .seed = 1, .layout = Layout::kStrided, .dtype = at::kDouble}) {
      setTrainable(trainable, frozen);
      train(true);
    }
  };
  static void SetUpTestSuite() { at::manual_seed(3); }

  static void step(ResNet& model, const MixedBatch& batch, std::int64_t micro_batch) {
    Sgd sgd(model.parameters(), {.lr = 0.1, .momentum = 0.9});
    TrainingStep(model, &sgd, {.phase = Phase::kTrain, .label_smoothing = 0.1}).run(batch, 0, micro_batch);
  }

  static void expectClose(const ResNet& expected, const ResNet& received) {
    const StateDict left = expected.state();
    const StateDict right = received.state();
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!left[i].tensor.is_floating_point()) continue;
      EXPECT_TRUE(left[i].tensor.allclose(right[i].tensor, /*rtol=*/1e-10, /*atol=*/1e-12)) << left[i].name;
    }
  }

  /// Labels as indices, or as the shares that mixing makes of them.
  MixedBatch batch() const {
    const at::Tensor images = at::randn({kImages, 3, 64, 64}, at::kDouble);
    if (!GetParam()) return {images, at::randn({kImages, 3}).argmax(1)};
    return {images, at::softmax(at::randn({kImages, 3}, at::kDouble), 1)};
  }
};

INSTANTIATE_TEST_SUITE_P(Labels, StepInParts, testing::Bool(),
                         [](const auto& info) { return info.param ? "Mixed" : "Indices"; });

TEST_P(StepInParts, EqualsTheWholeBatchWhereBatchNormDoesNotDependOnIt) {
  const MixedBatch given = batch();
  Doubles whole(Trainable::kHead, FrozenBatchNorm::kEval);
  Doubles parts(Trainable::kHead, FrozenBatchNorm::kEval);
  step(whole, given, 0);
  step(parts, given, kMicroBatch);
  expectClose(whole, parts);
}

TEST_P(StepInParts, OfEveryLayerFollowsTheSumOfTheirSharesOfTheLoss) {
  const MixedBatch given = batch();
  Doubles byHand(Trainable::kAll, FrozenBatchNorm::kTutorial);
  const auto loss = [&](std::int64_t begin, std::int64_t size) {
    const at::Tensor logits = byHand.forward(given.images.narrow(0, begin, size), true);
    return crossEntropy(logits, given.labels.narrow(0, begin, size), 0.1)
        .mul(static_cast<double>(size) / kImages);
  };
  loss(0, 3).add(loss(3, 2)).backward();
  Sgd(byHand.parameters(), {.lr = 0.1, .momentum = 0.9}).step();

  Doubles parts(Trainable::kAll, FrozenBatchNorm::kTutorial);
  step(parts, given, kMicroBatch);
  expectClose(byHand, parts);
}

}  // namespace
}  // namespace torchwing
