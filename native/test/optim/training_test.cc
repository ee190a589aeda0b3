#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include "core/model/loss.h"
#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"
#include "test/optim/variants.h"

namespace torchwing {
namespace {

constexpr int kSteps = 5;
constexpr double kLr = 1e-3;

/// train() of scripts/golden/model.py.
std::vector<double> train(ResNet& model, const SgdOptions& options) {
  const std::int64_t cell = model.dtype() == at::kDouble ? 4 : 8;
  const at::Tensor images = test::goldenImages(2, 4, 8, cell).to(model.dtype());
  const at::Tensor labels = at::empty({4}, at::kLong);
  const std::array<std::int64_t, 4> classes{0, 1, 2, 0};
  for (std::size_t i = 0; i < classes.size(); ++i) labels[i].fill_(classes[i]);
  Sgd optimizer(model.parameters(), options);
  std::vector<double> losses;
  for (int step = 0; step < kSteps; ++step) {
    optimizer.zeroGrad();
    const at::Tensor loss = crossEntropy(model.forward(images, true), labels);
    loss.backward();
    optimizer.step();
    model.weightsChanged();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

void expectState(const StateDict& actual, const test::Json& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.object().size());
  for (const NamedTensor& entry : actual) {
    test::expectClose(test::summary(entry.tensor), expected[entry.name].numbers(), tolerance, entry.name);
  }
}

TEST(TrainingTest, FiveStepsInDoubleEqualPythonsForEveryVariant) {
  const test::Json fixture = test::readFixture("training");
  for (const auto& [name, options] : test::sgdVariants(kLr)) {
    ResNet model({.classes = 3, .seed = 5, .dtype = at::kDouble});
    const test::Json& expected = fixture["float64 " + name];
    test::expectClose(train(model, options), expected["losses"].numbers(), 1e-9, name);
    expectState(model.namedParameters(), expected["state"], 1e-9);
  }
}

TEST(TrainingTest, FiveStepsOfResNet50InDoubleEqualPythons) {
  const test::Json expected = test::readFixture("family")["resnet50 steps"];
  ResNet model({.arch = "resnet50", .classes = 3, .seed = 6, .dtype = at::kDouble});
  const SgdOptions options{.lr = kLr, .momentum = 0.9, .weight_decay = 0.01};
  test::expectClose(train(model, options), expected["losses"].numbers(), 1e-8, "losses");
  std::size_t compared = 0;
  for (const NamedTensor& entry : model.namedParameters()) {
    const auto& weights = expected["weights"].object();
    const auto found = weights.find(entry.name);
    if (found == weights.end()) continue;
    test::expectClose(test::summary(entry.tensor), found->second.numbers(), 1e-8, entry.name);
    ++compared;
  }
  EXPECT_EQ(compared, expected["weights"].object().size());
}

class TrainingLayoutTest : public testing::TestWithParam<Layout> {
 protected:
  ResNet model() const { return ResNet({.classes = 3, .seed = 5, .layout = GetParam()}); }
};

INSTANTIATE_TEST_SUITE_P(Layouts, TrainingLayoutTest, testing::Values(Layout::kStrided, Layout::kFast),
                         [](const auto& info) { return info.param == Layout::kFast ? "Fast" : "Strided"; });

// Later float32 steps are chaotic on images this small: PyTorch itself, in float32 and float64, is 2 % apart
// after one update. The five steps are held in double above, and in float32 on real images by
// test/parity/long-runs.test.ts.
TEST_P(TrainingLayoutTest, TheFirstStepInFloatGivesPythonsLoss) {
  const test::Json expected = test::readFixture("training")["float32 momentum"];
  ResNet network = model();
  const double first_loss = train(network, {.lr = kLr, .momentum = 0.9}).front();
  test::expectClose({first_loss}, {expected["losses"].numbers().front()}, 1e-5, "first loss");
}

TEST_P(TrainingLayoutTest, AFrozenBackboneDriftsInItsRunningStatisticsAsPythons) {
  const test::Json expected = test::readFixture("training")["float32 frozen"];
  ResNet network = model();
  const StateDict before = network.snapshot();
  network.setTrainable(Trainable::kHead);
  test::expectClose(train(network, {.lr = kLr, .momentum = 0.9}), expected["losses"].numbers(), 1e-5,
                    "losses");
  const StateDict after = network.state();
  expectState(after, expected["state"], 1e-5);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::string& name = after[i].name;
    const bool buffer = name.find("running_") != std::string::npos || name.ends_with("num_batches_tracked");
    EXPECT_EQ(after[i].tensor.equal(before[i].tensor), !buffer && !name.starts_with("fc.")) << name;
    if (name.ends_with("num_batches_tracked")) {
      EXPECT_EQ(after[i].tensor.item<std::int64_t>(), kSteps);
    }
  }
}

TEST_P(TrainingLayoutTest, AFrozenBackboneWithStoredStatisticsStaysAsItIs) {
  ResNet network = model();
  const StateDict before = network.snapshot();
  network.setTrainable(Trainable::kHead, FrozenBatchNorm::kEval);
  train(network, {.lr = kLr, .momentum = 0.9});
  const StateDict after = network.state();
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].tensor.equal(before[i].tensor), !after[i].name.starts_with("fc.")) << after[i].name;
  }
}

TEST_P(TrainingLayoutTest, TwoRunsEndWithTheSameBits) {
  ResNet first = model(), second = model();
  EXPECT_EQ(train(first, {.lr = kLr, .momentum = 0.9}), train(second, {.lr = kLr, .momentum = 0.9}));
  test::expectSameState(first.state(), second.state());
}

TEST_P(TrainingLayoutTest, EvaluationFollowsTheOptimizer) {
  const at::Tensor images = test::goldenImages(1, 2, 4, 16);
  ResNet network = model();
  network.train(false);
  const at::Tensor before = network.forward(images, false);
  Sgd optimizer(network.parameters(), {.lr = 0.1});
  for (at::Tensor parameter : network.parameters()) parameter.mutable_grad() = parameter.detach().clone();
  optimizer.step();
  network.weightsChanged();
  const at::Tensor after = network.forward(images, false);
  EXPECT_FALSE(after.equal(before));
  ResNet fresh = model();
  fresh.load(network.state());
  fresh.train(false);
  EXPECT_TRUE(fresh.forward(images, false).equal(after));
}

}  // namespace
}  // namespace torchwing
