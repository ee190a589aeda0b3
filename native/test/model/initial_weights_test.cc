#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "core/model/resnet.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

std::map<std::string, at::Tensor> byName(const ResNet& model) {
  std::map<std::string, at::Tensor> tensors;
  for (const NamedTensor& entry : model.state()) tensors.emplace(entry.name, entry.tensor);
  return tensors;
}

TEST(InitialWeightsTest, EqualTorchvisionsBitForBit) {
  const test::Json fixture = test::readFixture("initial");
  for (const auto& [key, parameters] : fixture.object()) {
    std::istringstream words(key);
    ResNetOptions options;
    if (!(words >> options.arch >> options.classes >> options.seed) || !options.arch.starts_with("resnet"))
      continue;
    const auto tensors = byName(ResNet(options));
    for (const auto& [name, expected] : parameters.object()) {
      EXPECT_EQ(test::fingerprint(tensors.at(name)), expected[0].text()) << key << " " << name;
      // The order in which a sum is taken depends on the instruction set; the fingerprint above is exact.
      EXPECT_NEAR(test::summary(tensors.at(name))[0], expected[1].number(), 1e-6) << key << " " << name;
    }
  }
}

TEST(InitialWeightsTest, AReplacedHeadEqualsLinearAfterManualSeed) {
  const test::Json expected = test::readFixture("initial")["head 3 11"];
  ResNet model({.classes = 1000, .seed = 4});
  model.replaceHead(3, 11);
  const auto tensors = byName(model);
  EXPECT_EQ(model.classes(), 3);
  EXPECT_EQ(test::fingerprint(tensors.at("fc.weight")), expected["weight"].text());
  EXPECT_EQ(test::values(tensors.at("fc.bias")), expected["bias"].numbers());
  EXPECT_TRUE(tensors.at("fc.weight").requires_grad());
}

TEST(InitialWeightsTest, DoubleIsTheFloatInitialisationWidened) {
  const StateDict narrow = ResNet({.classes = 2, .seed = 9}).state();
  const StateDict wide = ResNet({.classes = 2, .seed = 9, .dtype = at::kDouble}).state();
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    const bool counter = narrow[i].tensor.scalar_type() == at::kLong;
    EXPECT_EQ(wide[i].tensor.scalar_type(), counter ? at::kLong : at::kDouble);
    EXPECT_TRUE(wide[i].tensor.equal(narrow[i].tensor.to(wide[i].tensor.scalar_type()))) << narrow[i].name;
  }
}

TEST(InitialWeightsTest, TheGlobalGeneratorIsNotTouched) {
  const at::Generator& global = at::detail::getDefaultCPUGenerator();
  const at::Tensor before = global.get_state();
  ResNet model({.classes = 2, .seed = 1});
  model.replaceHead(5, 2);
  EXPECT_TRUE(global.get_state().equal(before));
}

}  // namespace
}  // namespace torchwing
