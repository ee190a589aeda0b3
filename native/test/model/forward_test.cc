#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/model/loss.h"
#include "core/model/resnet.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

using test::goldenImages;

double largestDifference(const at::Tensor& a, const at::Tensor& b) {
  return a.sub(b).abs().max().item<double>();
}

class ForwardTest : public testing::TestWithParam<Layout> {
 protected:
  ResNet model(std::int64_t classes = 5, std::uint64_t seed = 3) const {
    return ResNet({.classes = classes, .seed = seed, .layout = GetParam()});
  }
};

INSTANTIATE_TEST_SUITE_P(Layouts, ForwardTest, testing::Values(Layout::kStrided, Layout::kFast),
                         [](const auto& info) { return info.param == Layout::kFast ? "Fast" : "Strided"; });

TEST_P(ForwardTest, LogitsEqualTorchvisions) {
  // Relative to the largest logit. The strided path is bit-equal on the machine that made the fixture; in the
  // other layout BatchNorm over few values carries the last bits of fifty convolutions to 1.4e-4.
  const double tolerance = GetParam() == Layout::kFast ? 5e-4 : 2e-5;
  const test::Json fixture = test::readFixture("forward");
  for (const auto& [key, expected] : fixture.object()) {
    std::istringstream words(key);
    ResNetOptions options{.classes = 5, .seed = 3, .layout = GetParam()};
    std::int64_t cells = 0, cell = 0;
    if (!(words >> options.arch >> cells >> cell)) continue;
    ResNet network(options);
    const at::Tensor images = goldenImages(1, 4, cells, cell);
    const at::Tensor in_training = network.forward(images, false);
    test::expectClose(test::values(in_training), expected["training"].numbers(), tolerance,
                      key + " training");
    network.train(false);
    const at::Tensor in_evaluation = network.forward(images, false);
    test::expectClose(test::values(in_evaluation), expected["evaluation"].numbers(), tolerance,
                      key + " evaluation");
  }
}

TEST_P(ForwardTest, TheSameBatchGivesTheSameBits) {
  const at::Tensor images = goldenImages(1, 4, 4, 16);
  for (const bool training : {true, false}) {
    ResNet first = model(), second = model();
    first.train(training);
    second.train(training);
    EXPECT_TRUE(first.forward(images, false).equal(second.forward(images, false)));
    EXPECT_TRUE(first.forward(images, false).equal(second.forward(images, false)));
  }
}

TEST_P(ForwardTest, BatchesBeforeDoNotChangeAnEvaluation) {
  const at::Tensor images = goldenImages(1, 6, 4, 16);
  ResNet whole_first = model(), single_first = model();
  whole_first.train(false);
  single_first.train(false);
  const at::Tensor whole = whole_first.forward(images, false);
  single_first.forward(goldenImages(2, 1, 4, 24),
                       false);  // the copies of the weights are now for another size
  EXPECT_TRUE(single_first.forward(images, false).equal(whole));
}

TEST_P(ForwardTest, AnImageIsEvaluatedAlikeInAnyBatch) {
  ResNet network = model();
  network.train(false);
  const at::Tensor images = goldenImages(1, 32, 4, 16);
  const at::Tensor together = network.forward(images, false);
  std::vector<at::Tensor> alone;
  for (std::int64_t i = 0; i < images.size(0); ++i)
    alone.push_back(network.forward(images.narrow(0, i, 1), false));
  const at::Tensor apart = at::cat(alone);
  EXPECT_LE(largestDifference(apart, together), 2e-6 * together.abs().max().item<double>());
  EXPECT_TRUE(apart.argmax(1).equal(together.argmax(1)));
}

TEST_P(ForwardTest, NonContiguousImagesAreReadByTheirStrides) {
  ResNet network = model();
  network.train(false);
  const at::Tensor images = goldenImages(1, 2, 4, 16);
  const at::Tensor channels_last = images.contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(network.forward(channels_last, false).equal(network.forward(images, false)));
}

TEST_P(ForwardTest, EvaluationFollowsLoadedWeights) {
  const at::Tensor images = goldenImages(1, 2, 4, 16);
  ResNet network = model(5, 1), other = model(5, 2);
  network.train(false);
  other.train(false);
  network.forward(images, false);
  network.load(other.state());
  EXPECT_TRUE(network.forward(images, false).equal(other.forward(images, false)));
}

TEST_P(ForwardTest, EvaluationFollowsRunningStatisticsThatTrainingMoved) {
  const at::Tensor images = goldenImages(1, 4, 4, 16);
  ResNet network = model();
  network.train(false);
  const at::Tensor before = network.forward(images, false);
  network.train(true);
  network.forward(images, false);
  network.train(false);
  const at::Tensor after = network.forward(images, false);
  EXPECT_GT(largestDifference(after, before), 1e-3);
  ResNet fresh = model();
  fresh.load(network.state());
  fresh.train(false);
  EXPECT_TRUE(fresh.forward(images, false).equal(after));
}

TEST_P(ForwardTest, WithoutGradNoGraphIsRecorded) {
  ResNet network = model();
  const at::Tensor images = goldenImages(1, 2, 4, 16);
  EXPECT_FALSE(network.forward(images, false).requires_grad());
  EXPECT_TRUE(network.forward(images, true).requires_grad());
}

TEST_P(ForwardTest, GradientsReachOnlyTheTrainablePart) {
  const at::Tensor images = goldenImages(1, 4, 4, 16), labels = at::arange(4);
  for (const bool training : {true, false}) {
    for (const Trainable trainable : {Trainable::kAll, Trainable::kHead}) {
      ResNet network = model();
      network.setTrainable(trainable);
      network.train(training);
      crossEntropy(network.forward(images, true), labels).backward();
      for (const NamedTensor& entry : network.state()) {
        if (!entry.tensor.is_floating_point() || entry.name.find("running_") != std::string::npos) continue;
        const bool expected = trainable == Trainable::kAll || entry.name.starts_with("fc.");
        EXPECT_EQ(entry.tensor.grad().defined(), expected) << entry.name;
      }
    }
  }
}

TEST_P(ForwardTest, ImagesThatDoNotFitAreRefused) {
  ResNet network = model();
  const auto code = [&](const at::Tensor& images) {
    return test::errorOf([&] { network.forward(images, false); }).code();
  };
  EXPECT_EQ(code(at::empty({2, 1, 64, 64})), "INVALID_ARGUMENT");
  EXPECT_EQ(code(at::empty({3, 64, 64})), "INVALID_ARGUMENT");
  EXPECT_EQ(code(at::empty({0, 3, 64, 64})), "INVALID_ARGUMENT");
  EXPECT_EQ(code(at::empty({2, 3, 64, 64}, at::kDouble)), "INVALID_ARGUMENT");
}

TEST_P(ForwardTest, OneValuePerChannelIsRefusedInTrainingAndFineInEvaluation) {
  ResNet network = model();
  const at::Tensor image = goldenImages(1, 1, 4, 8);  // 32 pixels: one value per channel in layer4
  EXPECT_EQ(test::errorOf([&] { network.forward(image, true); }).code(), "INVALID_ARGUMENT");
  network.train(false);
  EXPECT_EQ(network.forward(image, false).sizes(), (std::vector<std::int64_t>{1, 5}));
}

// Random weights give small logits that are differences of large sums; on trained weights the layouts are ten
// times closer.
TEST(LayoutTest, FastAndStridedAgree) {
  const at::Tensor images = goldenImages(1, 4, 7, 32);
  ResNet fast({.classes = 5, .seed = 3, .layout = Layout::kFast});
  ResNet strided({.classes = 5, .seed = 3, .layout = Layout::kStrided});
  for (const bool training : {true, false}) {
    fast.train(training);
    strided.train(training);
    const at::Tensor expected = strided.forward(images, false);
    EXPECT_LE(largestDifference(fast.forward(images, false), expected),
              2e-4 * expected.abs().max().item<double>());
  }
}

TEST(LossTest, CountsTheRowsWhoseLargestLogitIsAtTheLabel) {
  const at::Tensor logits = at::arange(6, at::kFloat).view({3, 2}).contiguous();
  const at::Tensor labels = at::empty({3}, at::kLong);
  labels[0].fill_(1);
  labels[1].fill_(0);
  labels[2].fill_(1);
  EXPECT_EQ(countCorrect(logits, labels), 2);
}

}  // namespace
}  // namespace torchwing
