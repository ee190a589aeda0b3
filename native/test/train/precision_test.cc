#include <ATen/autocast_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/train/loss_scaler.h"
#include "core/train/training_state.h"
#include "core/train/training_step.h"

namespace torchwing {
namespace {

ResNet modelOf(Precision precision, Layout layout = Layout::kFast) {
  return ResNet({.classes = 2, .seed = 3, .layout = layout, .precision = precision});
}

MixedBatch batchOf(int seed) {
  return {at::full({4, 3, 32, 32}, 0.1 * seed).add_(at::randn({4, 3, 32, 32})),
          at::tensor({0, 1, 1, 0}, at::kLong)};
}

float scaleOf(const LossScaler& scaler) {
  return scaler.state().front().tensor.item<float>();
}

class SixteenBits : public testing::TestWithParam<Precision> {};

INSTANTIATE_TEST_SUITE_P(Of, SixteenBits, testing::Values(Precision::kBf16, Precision::kFp16),
                         [](const auto& info) { return info.param == Precision::kBf16 ? "Bf16" : "Fp16"; });

TEST_P(SixteenBits, GradientsAreFloat32AndAutocastIsOffBehindTheForwardPass) {
  ResNet model = modelOf(GetParam());
  model.forward(batchOf(1).images, true).sum().backward();
  for (const at::Tensor& parameter : model.parameters())
    EXPECT_EQ(parameter.grad().scalar_type(), at::kFloat);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
}

TEST_P(SixteenBits, AChangedWeightIsCastAnew) {
  ResNet model = modelOf(GetParam());
  model.train(false);
  const MixedBatch batch = batchOf(1);
  const at::Tensor before = model.forward(batch.images, false);
  at::Tensor weight = model.parameters()[model.parameters().size() - 2].detach();
  weight.mul_(2);
  EXPECT_FALSE(model.forward(batch.images, false).equal(before));
}

TEST(Precision, IsRefusedForAModelInFloat64) {
  EXPECT_THROW(ResNet({.classes = 2, .dtype = at::kDouble, .precision = Precision::kBf16}), Error);
}

TEST(LossScaler, HalvesAtAnOverflowAndGrowsAfterGoodSteps) {
  LossScaler scaler(at::kCPU, /*growth_interval=*/2);
  const auto step = [&scaler](float gradient) {
    at::Tensor found_inf = at::full({1}, 0.0F);
    const at::Tensor scaled = at::full({3}, gradient).mul_(scaleOf(scaler));
    scaler.unscale({scaled}, found_inf);
    scaler.update(found_inf);
    EXPECT_EQ(found_inf.item<float>() == 0, std::isfinite(gradient));
    return scaled[0].item<float>();
  };
  EXPECT_EQ(step(0.75F), 0.75F) << "unscaling by a power of two is exact";
  step(std::numeric_limits<float>::infinity());
  EXPECT_EQ(scaleOf(scaler), 32768);
  step(1);
  EXPECT_EQ(scaleOf(scaler), 32768) << "one good step since the overflow";
  step(1);
  EXPECT_EQ(scaleOf(scaler), 65536);
}

TEST(LossScaler, StaysAsItIsWhereAnUpdateIsSkipped) {
  LossScaler scaler(at::kCPU);
  for (const float found_inf : {0.0F, 1.0F}) {
    const StateDict before = scaler.state();
    scaler.update(at::full({1}, found_inf), at::full({1}, true));
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(scaler.state()[i].tensor.equal(before[i].tensor)) << before[i].name;
  }
  scaler.update(at::full({1}, 1.0F), at::full({1}, false));
  EXPECT_EQ(scaleOf(scaler), 32768);
}

/// A training in float16 and what a checkpoint of it holds.
struct HalfTraining {
  ResNet model = modelOf(Precision::kFp16);
  Sgd sgd{model.parameters(), {.lr = 0.01, .momentum = 0.9}};
  LossScaler scaler{at::kCPU};

  void step(int number) {
    PhaseOptions options;
    options.scaler = &scaler;
    TrainingStep(model, &sgd, options).run(batches[static_cast<std::size_t>(number)], number);
  }

  static inline const std::vector<MixedBatch> batches = {batchOf(1), batchOf(2), batchOf(3), batchOf(4)};
};

void expectSame(const StateDict& left, const StateDict& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    EXPECT_TRUE(left[i].tensor.equal(right[i].tensor)) << left[i].name;
}

TEST(Float16, AStepWhoseGradientsOverflowIsNotMade) {
  HalfTraining training;
  training.scaler.load({{"scale", at::full({1}, 1024.0F)}, {"growth_tracker", at::full({1}, 0, at::kInt)}});
  training.step(0);
  // Far above what float16 holds: the gradient of the logits overflows.
  training.scaler.load({{"scale", at::full({1}, 1e30F)}, {"growth_tracker", at::full({1}, 7, at::kInt)}});
  StateDict before;
  for (const NamedTensor& entry : training.model.namedParameters())
    before.push_back({entry.name, entry.tensor.detach().clone()});
  const std::vector<at::Tensor> momentum = training.sgd.momentumBuffers();
  training.step(1);
  expectSame(training.model.namedParameters(), before);
  for (std::size_t i = 0; i < momentum.size(); ++i) EXPECT_TRUE(momentum[i].equal(training.sgd.buffers()[i]));
  EXPECT_EQ(scaleOf(training.scaler), 5e29F);
  training.scaler.load({{"scale", at::full({1}, 1024.0F)}, {"growth_tracker", at::full({1}, 0, at::kInt)}});
  training.step(2);
  EXPECT_FALSE(training.model.namedParameters().front().tensor.equal(before.front().tensor));
}

TEST(Float16, GoesOnFromACheckpointToTheBit) {
  HalfTraining whole;
  for (int i = 0; i < 4; ++i) whole.step(i);
  HalfTraining first;
  first.step(0);
  first.step(1);
  const TrainingState parts = splitTrainingState(joinTrainingState(
      {.model = first.model.snapshot(), .momentum = {}, .best = {}, .scaler = first.scaler.state()}));
  HalfTraining second;
  second.model.load(parts.model);
  second.sgd.setMomentumBuffers(first.sgd.momentumBuffers());
  second.scaler.load(parts.scaler);
  second.step(2);
  second.step(3);
  expectSame(second.model.snapshot(), whole.model.snapshot());
  expectSame(second.scaler.state(), whole.scaler.state());
}

}  // namespace
}  // namespace torchwing
