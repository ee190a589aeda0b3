#include "core/train/mix_batch.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "core/model/loss.h"
#include "core/train/running_metrics.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

constexpr std::int64_t kClasses = 3;

/// batch() of scripts/golden/mixup.py.
at::Tensor images(std::int64_t count) {
  return test::goldenImages(4, count, 4, 4).slice(3, 0, 12).contiguous();
}

at::Tensor labels(std::int64_t count) {
  return at::tensor({0, 2, 2}, at::kLong).slice(0, 0, count);
}

void expectGolden(const MixedBatch& mixed, const test::Json& expected) {
  EXPECT_EQ(test::fingerprint(mixed.images), expected["images"].text());
  EXPECT_EQ(test::values(mixed.labels), expected["labels"].numbers());
  EXPECT_EQ(mixed.labels.scalar_type(), at::kFloat);
}

CutMix box(const test::Json& of) {
  return {of["box"][0].integer(), of["box"][1].integer(), of["box"][2].integer(), of["box"][3].integer(),
          of["adjusted"].number()};
}

TEST(MixBatch, MixUpEqualsTorchvisionsToTheBit) {
  const test::Json cases = test::readFixture("mixup")["mixup"];
  for (const test::Json& expected : cases.list()) {
    const std::int64_t count = expected["count"].integer();
    expectGolden(mixBatch(MixUp{expected["lambda"].number()}, images(count), labels(count), kClasses),
                 expected);
  }
}

TEST(MixBatch, CutMixEqualsTorchvisionsToTheBit) {
  const test::Json cases = test::readFixture("mixup")["cutmix"];
  for (const test::Json& expected : cases.list()) {
    const std::int64_t count = expected["count"].integer();
    expectGolden(mixBatch(box(expected), images(count), labels(count), kClasses), expected);
  }
}

TEST(MixBatch, MixesWhatIsMixedAlreadyAsTorchvision) {
  const MixedBatch once = mixBatch(MixUp{0.3}, images(3), labels(3), kClasses);
  const Mix cut = makeCutMix(0.6, 5, 9, 16, 12);
  expectGolden(mixBatch(cut, once.images, once.labels, kClasses), test::readFixture("mixup")["twice"]);
}

TEST(MixBatch, LeavesWhatItWasGivenAsItIs) {
  const at::Tensor before = images(3), classes = labels(3);
  for (const Mix& mix : {Mix(MixUp{0.3}), Mix(CutMix{0, 0, 12, 16, 0})}) {
    const MixedBatch mixed = mixBatch(mix, before, classes, kClasses);
    EXPECT_FALSE(at::equal(mixed.images, before));
    EXPECT_TRUE(at::equal(before, images(3)));
    EXPECT_TRUE(at::equal(classes, labels(3)));
  }
}

TEST(MixBatch, RefusesShapesThatDoNotFit) {
  const auto refusal = [](const at::Tensor& given_images, const at::Tensor& given_labels) {
    return std::string(test::errorOf([&] {
                         mixBatch({.mixup_alpha = 1}, 0, 0, given_images, given_labels, kClasses);
                       }).what());
  };
  EXPECT_EQ(refusal(images(3), labels(2)),
            "Invalid value for \"labels\": received Long [2], expected int64 [3] or float [3, 3].");
  EXPECT_EQ(refusal(images(3), at::zeros({3, 4})),
            "Invalid value for \"labels\": received Float [3, 4], expected int64 [3] or float [3, 3].");
  EXPECT_EQ(refusal(images(3)[0], labels(3)),
            "Invalid value for \"images\": received Float [3, 16, 12], expected float [N, 3, H, W].");
}

TEST(CrossEntropy, OfSoftAndOfSmoothedLabelsEqualsPythons) {
  const test::Json cases = test::readFixture("mixup")["losses"];
  for (const test::Json& expected : cases.list()) {
    const bool shares = expected["form"].text() == "shares";
    const std::vector<double> given = expected["logits"].numbers(), targets = expected["labels"].numbers();
    const at::Tensor logits = at::tensor(given, at::kFloat).view({4, kClasses}).requires_grad_();
    const at::Tensor target =
        shares ? at::tensor(targets, at::kFloat).view({4, kClasses}) : at::tensor(targets).to(at::kLong);
    const at::Tensor loss = crossEntropy(logits, target, expected["smoothing"].number());
    loss.backward();
    const std::string what = expected["form"].text() + " " + expected["smoothing"].text();
    test::expectClose({loss.item<double>()}, {expected["loss"].number()}, 1e-6, what);
    test::expectClose(test::values(logits.grad()), expected["gradient"].numbers(), 1e-6, what);
  }
}

TEST(RunningMetrics, OfMixedLabelsTheLargestShareIsTheRightClass) {
  RunningMetrics metrics;
  const at::Tensor logits = at::tensor({0.0, 1.0, 5.0, 2.0, 9.0, 8.0}, at::kFloat).view({2, 3});
  const at::Tensor shares = at::tensor({0.4, 0.0, 0.6, 0.7, 0.3, 0.0}, at::kFloat).view({2, 3});
  metrics.add(measure(crossEntropy(logits, shares), logits, shares));
  EXPECT_EQ(metrics.read().correct, 1);
}

}  // namespace
}  // namespace torchwing
