#include <gtest/gtest.h>

#include "core/model/resnet.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

/// Every member of torchvision's family against scripts/golden/family.py; ResNet-18 is held tensor by tensor
/// in the other tests of this folder.
namespace torchwing {
namespace {

constexpr std::int64_t kClasses = 3;
constexpr std::uint64_t kSeed = 6;

/// 64-bit FNV-1a.
std::string fnv1a(const std::string& text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char byte : text) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

/// state_hash() of the generator.
std::string stateHash(const ResNet& model) {
  std::string lines;
  for (const NamedTensor& entry : model.state()) {
    lines += entry.name + (entry.tensor.scalar_type() == at::kLong ? " int64 " : " float32 ");
    for (std::int64_t i = 0; i < entry.tensor.dim(); ++i)
      lines += (i == 0 ? "" : ",") + std::to_string(entry.tensor.size(i));
    lines += '\n';
  }
  return fnv1a(lines);
}

/// weights_hash() of the generator.
std::string weightsHash(const ResNet& model) {
  std::string lines;
  for (const NamedTensor& entry : model.namedParameters())
    lines += entry.name + ' ' + test::fingerprint(entry.tensor.detach()) + '\n';
  return fnv1a(lines);
}

class FamilyTest : public testing::TestWithParam<std::string> {
 protected:
  ResNet model(Layout layout = Layout::kFast, at::ScalarType dtype = at::kFloat) const {
    return ResNet({.arch = GetParam(), .classes = kClasses, .seed = kSeed, .layout = layout, .dtype = dtype});
  }

  void expectLogits(ResNet network, double training_tolerance, double evaluation_tolerance) {
    const at::Tensor images = test::goldenImages(1, 4, 8, 8).to(network.dtype());
    const at::Tensor in_training = network.forward(images, false);
    test::expectClose(test::values(in_training), expected["training"].numbers(), training_tolerance,
                      "training");
    network.train(false);
    const at::Tensor in_evaluation = network.forward(images, false);
    test::expectClose(test::values(in_evaluation), expected["evaluation"].numbers(), evaluation_tolerance,
                      "evaluation");
  }

  const test::Json expected = test::readFixture("family")[GetParam()];
};

INSTANTIATE_TEST_SUITE_P(Members, FamilyTest,
                         testing::Values("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
                         [](const auto& info) { return info.param; });

TEST_P(FamilyTest, NamesOrderDtypesAndShapesAreTorchvisions) {
  EXPECT_EQ(stateHash(model()), expected["state"].text());
}

TEST_P(FamilyTest, AllInitialWeightsAreTorchvisionsBitForBit) {
  EXPECT_EQ(weightsHash(model()), expected["initial"].text());
}

TEST_P(FamilyTest, LogitsInDoubleAreTorchvisions) {
  expectLogits(model(Layout::kStrided, at::kDouble), 1e-8, 1e-8);
}

// BatchNorm over the 16 values per channel that these images leave carries the last bits of 155 convolutions
// to 2e-3 of the largest logit; another stride or order of blocks would change every digit.
TEST_P(FamilyTest, LogitsInFloatAreTorchvisionsInBothLayouts) {
  expectLogits(model(Layout::kStrided), 1e-2, 1e-3);
  expectLogits(model(Layout::kFast), 1e-2, 1e-3);
}

}  // namespace
}  // namespace torchwing
