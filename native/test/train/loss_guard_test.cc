#include "core/train/loss_guard.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"
#include "core/train/training_step.h"
#include "test/train/failing_allocator.h"

namespace torchwing {
namespace {

using Reading = LossGuard::Reading;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

MixedBatch batch(std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return {at::empty({4, 3, 32, 32}).uniform_(-1, 1, generator),
          at::tensor({0, 1, 1, 0}, at::TensorOptions().dtype(at::kLong))};
}

/// One share of its labels is `value`, and so is the loss, whatever becomes of such a pixel on its way.
MixedBatch badBatch(float value) {
  MixedBatch bad = batch(99);
  bad.labels = at::full({4, 2}, 0.5F);
  bad.labels.view({-1})[5].fill_(value);
  return bad;
}

/// A model in training, with everything that a step may change.
struct Trained {
  explicit Trained(Reading reading)
      : step(model, &sgd, {.phase = Phase::kTrain, .epoch = 3}, reading), reading(reading) {
    model.train(true);
  }

  void good(std::int64_t number) { step.run(batch(static_cast<std::uint64_t>(number)), number); }

  /// Where a loss is read at once it is the step that throws.
  std::string refusal(const MixedBatch& bad, std::int64_t number, const std::function<void()>& meanwhile) {
    try {
      step.run(bad, number);
      meanwhile();
      step.requireFinite();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "LOSS_NOT_FINITE");
      EXPECT_NE(error.hint().find("The weights are those from before this step"), std::string::npos);
      return error.what();
    }
    return "";
  }

  ResNet model{{.classes = 2, .seed = 1}};
  Sgd sgd{model.parameters(), {.lr = 0.01, .momentum = 0.9, .dampening = 0.1}};
  TrainingStep step;
  Reading reading;
};

void expectEqual(const Trained& one, const Trained& other) {
  const StateDict expected = other.model.snapshot();
  const StateDict state = one.model.snapshot();
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(expected[i].tensor.equal(state[i].tensor)) << expected[i].name;
  const std::vector<at::Tensor> momentum = one.sgd.momentumBuffers();
  const std::vector<at::Tensor> expected_momentum = other.sgd.momentumBuffers();
  for (std::size_t i = 0; i < momentum.size(); ++i) {
    ASSERT_EQ(momentum[i].defined(), expected_momentum[i].defined()) << i;
    if (momentum[i].defined()) {
      EXPECT_TRUE(momentum[i].equal(expected_momentum[i])) << i;
    }
  }
}

// What runs on an accelerator is the same code on tensors that are elsewhere.
class BadLossInTraining : public testing::TestWithParam<std::tuple<Reading, float>> {
 protected:
  Reading reading() const { return std::get<0>(GetParam()); }
  MixedBatch bad() const { return badBatch(std::get<1>(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(LossGuard, BadLossInTraining,
                         testing::Combine(testing::Values(Reading::kAtOnce, Reading::kLater),
                                          testing::Values(kNaN, kInfinity)),
                         [](const auto& info) {
                           const bool later = std::get<0>(info.param) == Reading::kLater;
                           const bool nan = std::isnan(std::get<1>(info.param));
                           return std::string(later ? "ReadLater" : "ReadAtOnce") +
                                  (nan ? "NaN" : "Infinity");
                         });

TEST_P(BadLossInTraining, LeavesWeightsStatisticsAndMomentumAsBeforeTheFirstBadStep) {
  Trained expected(reading());
  expected.good(10);
  Trained trained(reading());
  trained.good(10);
  const std::string message = trained.refusal(bad(), 14, [&] {
    trained.good(15);
    trained.step.run(bad(), 16);
  });
  EXPECT_NE(message.find("in training step 14 of epoch 3, expected a finite number."), std::string::npos)
      << message;
  expectEqual(trained, expected);
}

TEST_P(BadLossInTraining, InTheVeryFirstStepMakesNoMomentum) {
  const Trained expected(reading());
  Trained trained(reading());
  EXPECT_NE(trained.refusal(bad(), 0, [&] { trained.good(1); }).find("step 0 "), std::string::npos);
  expectEqual(trained, expected);
}

TEST(LossGuard, ABadStepThatIsTriedAgainForLackOfMemoryIsOneStep) {
  FailingAllocator allocator;
  const auto allocationsOfABadStep = [&] {
    Trained trained(Reading::kLater);
    trained.good(10);
    allocator.failAt(0);
    trained.step.run(badBatch(kNaN), 14);
    return allocator.seen();
  };
  // The last ones come behind the look at the loss.
  const std::int64_t last = allocationsOfABadStep();
  for (std::int64_t failing = last - 6; failing <= last; failing += 3) {
    Trained trained(Reading::kLater);
    trained.good(10);
    allocator.failAt(failing);
    EXPECT_THROW(trained.step.run(badBatch(kNaN), 14), c10::Error);
    allocator.failAt(0);
    EXPECT_NE(trained.refusal(badBatch(kNaN), 14, [&] { trained.good(15); }).find("training step 14 of"),
              std::string::npos)
        << "after allocation " << failing << " of " << last;
  }
}

TEST(LossGuard, ReadLaterGivesTheBitsOfReadAtOnceWhileEveryLossIsFinite) {
  Trained later(Reading::kLater);
  Trained at_once(Reading::kAtOnce);
  for (std::int64_t number = 0; number < 2; ++number) {
    later.good(number);
    at_once.good(number);
  }
  EXPECT_NO_THROW(later.step.requireFinite());
  expectEqual(later, at_once);
}

TEST(LossGuard, TakesNothingBackThatWasFoundOnce) {
  LossGuard guard(Reading::kLater, at::kCPU, {});
  for (const auto& [step, loss] : {std::pair{4, 0.5F}, {5, kInfinity}, {6, 0.5F}, {7, kNaN}}) {
    guard.noteStep(step);
    guard.check(at::scalar_tensor(loss));
    guard.endStep();
  }
  EXPECT_EQ(guard.foundInf().item<float>(), 1);
  ASSERT_TRUE(guard.firstBad());
  EXPECT_EQ(guard.firstBad()->step, 5);
  guard.restart();
  guard.noteStep(0);
  guard.check(at::scalar_tensor(0.5F));
  guard.endStep();
  EXPECT_FALSE(guard.firstBad()) << "of another phase";
}

TEST(LossGuard, DoesNotTouchTheLossItself) {
  LossGuard guard(Reading::kLater, at::kCPU, {});
  const at::Tensor loss = at::zeros({}).requires_grad_().add(3);
  guard.noteStep(0);
  guard.check(loss);
  guard.endStep();
  EXPECT_EQ(loss.item<float>(), 3);
  EXPECT_NO_THROW(loss.backward());
  EXPECT_FALSE(guard.firstBad());
}

TEST(LossGuard, AValidationPhaseNamesItsStepToo) {
  ResNet model({.classes = 2, .seed = 1});
  model.train(false);
  for (const Reading reading : {Reading::kAtOnce, Reading::kLater}) {
    TrainingStep step(model, nullptr, {.phase = Phase::kVal, .epoch = 2}, reading);
    try {
      step.run(badBatch(kNaN), 7);
      step.requireFinite();
      FAIL() << "expected LOSS_NOT_FINITE";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("in validation step 7 of epoch 2"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace torchwing
