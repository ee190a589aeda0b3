#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/model/resnet.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

using test::errorOf;
using test::expectSameState;

StateDict withoutCounters(const StateDict& state) {
  StateDict rest;
  for (const NamedTensor& entry : state) {
    if (!entry.name.ends_with("num_batches_tracked")) rest.push_back(entry);
  }
  return rest;
}

TEST(StateTest, KeysOrderShapesAndDtypesAreTorchvisions) {
  const test::Json fixture = test::readFixture("state");
  for (const std::string arch : {"resnet18", "resnet50"}) {
    const StateDict state = ResNet({.arch = arch, .classes = 2}).state();
    const auto& expected = fixture[arch].list();
    ASSERT_EQ(state.size(), expected.size()) << arch;
    for (std::size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].name, expected[i][0].text());
      EXPECT_EQ(state[i].tensor.scalar_type(), expected[i][1].text() == "int64" ? at::kLong : at::kFloat);
      std::vector<std::int64_t> shape;
      for (const test::Json& size : expected[i][2].list()) shape.push_back(size.integer());
      EXPECT_EQ(state[i].tensor.sizes().vec(), shape) << state[i].name;
    }
  }
}

TEST(StateTest, ResNet18Has102TensorsAndTwentyCounters) {
  const StateDict state = ResNet({.classes = 2}).state();
  EXPECT_EQ(state.size(), 122u);
  EXPECT_EQ(withoutCounters(state).size(), 102u);
}

TEST(StateTest, LoadCopiesEveryValue) {
  ResNet source({.classes = 3, .seed = 1}), target({.classes = 3, .seed = 2});
  source.forward(test::goldenImages(1, 2, 4, 16), false);  // moves the running statistics and the counters
  target.load(source.state());
  expectSameState(target.state(), source.state());
}

TEST(StateTest, AMissingCounterKeepsItsValueInStatesFromBeforeItExisted) {
  ResNet model({.classes = 2});
  model.forward(test::goldenImages(1, 2, 4, 16), false);
  for (const std::int64_t version : {0, 1}) {
    LoadOptions options;
    if (version > 0) options.versions = {{"bn1", version}};
    EXPECT_TRUE(model.load(withoutCounters(model.snapshot()), options).missing_keys.empty());
    EXPECT_EQ(model.state()[5].name, "bn1.num_batches_tracked");
    EXPECT_EQ(model.state()[5].tensor.item<std::int64_t>(), 1);
  }
}

TEST(StateTest, AMissingCounterIsAMissingKeyInStatesOfVersion2) {
  ResNet model({.classes = 2});
  const StateDict source = withoutCounters(model.snapshot());
  const LoadOptions strict{.strict = true, .versions = {{"", 1}, {"bn1", 2}, {"layer1.0.bn2", 2}}};
  const std::string text = errorOf([&] { model.load(source, strict); }).what();
  EXPECT_EQ(text,
            "The weights do not fit the model: missing \"bn1.num_batches_tracked\", "
            "\"layer1.0.bn2.num_batches_tracked\".");
}

TEST(StateTest, WithoutStrictMissingAndUnexpectedKeysAreReturnedAndTheRestIsCopied) {
  ResNet model({.classes = 2, .seed = 1});
  StateDict source = ResNet({.classes = 2, .seed = 2}).snapshot();
  std::erase_if(source, [](const NamedTensor& entry) { return entry.name.starts_with("fc."); });
  source.insert(source.begin(), {"extra", at::zeros({1})});
  const at::Tensor head = model.snapshot().back().tensor;

  const IncompatibleKeys keys = model.load(source, {.strict = false});

  EXPECT_EQ(keys.missing_keys, (std::vector<std::string>{"fc.weight", "fc.bias"}));
  EXPECT_EQ(keys.unexpected_keys, std::vector<std::string>{"extra"});
  EXPECT_TRUE(model.state().front().tensor.equal(source[1].tensor));
  EXPECT_TRUE(model.state().back().tensor.equal(head));
}

TEST(StateTest, WithoutStrictAnotherShapeIsStillAnError) {
  ResNet model({.classes = 2, .seed = 1});
  const StateDict before = model.snapshot();
  StateDict source = ResNet({.classes = 3, .seed = 2}).snapshot();
  source.erase(source.begin());
  const Error error = errorOf([&] { model.load(source, {.strict = false}); });
  EXPECT_STREQ(
      error.what(),
      "The weights do not fit the model: wrong shape \"fc.weight\" received [3, 512] expected [2, 512], "
      "\"fc.bias\" received [3] expected [2].");
  expectSameState(model.state(), before);
}

TEST(StateTest, CountersOfOneDimensionAreTakenAsThoseOfPyTorch03) {
  ResNet model({.classes = 2});
  StateDict source = model.snapshot();
  source[5].tensor = at::full({1}, 7, at::kLong);
  model.load(source);
  EXPECT_EQ(model.state()[5].tensor.item<std::int64_t>(), 7);
}

TEST(StateTest, LoadConvertsTheDtype) {
  ResNet wide({.classes = 2, .seed = 1, .dtype = at::kDouble}), narrow({.classes = 2, .seed = 2});
  narrow.load(wide.state());
  expectSameState(narrow.state(), ResNet({.classes = 2, .seed = 1}).state());
}

TEST(StateTest, LoadListsEveryMismatchAndChangesNothing) {
  ResNet model({.classes = 2, .seed = 1});
  const StateDict before = model.snapshot();
  StateDict source = ResNet({.classes = 7, .seed = 2}).snapshot();
  std::erase_if(source, [](const NamedTensor& entry) { return entry.name == "layer1.0.bn1.weight"; });
  source.push_back({"extra", at::zeros({1})});

  const Error error = errorOf([&] { model.load(source); });

  EXPECT_EQ(error.code(), "WEIGHTS_MISMATCH");
  EXPECT_STREQ(
      error.what(),
      "The weights do not fit the model: missing \"layer1.0.bn1.weight\"; unexpected \"extra\"; wrong shape "
      "\"fc.weight\" received [7, 512] expected [2, 512], \"fc.bias\" received [7] expected [2].");
  expectSameState(model.state(), before);
}

TEST(StateTest, AKeyThatComesTwiceIsRefused) {
  ResNet model({.classes = 2});
  StateDict source = model.snapshot();
  source.push_back(source.front());
  EXPECT_EQ(errorOf([&] { model.load(source); }).code(), "WEIGHTS_MISMATCH");
}

TEST(StateTest, ASnapshotDoesNotFollowTheModelAndStateDoes) {
  ResNet model({.classes = 2, .seed = 1});
  const StateDict live = model.state(), snapshot = model.snapshot();
  EXPECT_FALSE(snapshot.front().tensor.requires_grad());
  model.load(ResNet({.classes = 2, .seed = 2}).state());
  EXPECT_FALSE(snapshot.front().tensor.equal(model.state().front().tensor));
  EXPECT_TRUE(live.front().tensor.is_same(model.state().front().tensor));
}

TEST(StateTest, OnlyTheTrainablePartIsAmongTheParameters) {
  ResNet model({.classes = 2});
  EXPECT_EQ(model.parameters().size(), 62u);
  model.setTrainable(Trainable::kHead);
  const StateDict head = model.namedParameters();
  ASSERT_EQ(head.size(), 2u);
  EXPECT_EQ(head[0].name, "fc.weight");
  EXPECT_EQ(head[1].name, "fc.bias");
  model.setTrainable(Trainable::kAll);
  EXPECT_EQ(model.parameters().size(), 62u);
}

TEST(StateTest, UnknownArchitecturesAndTooFewClassesAreRefused) {
  const Error arch = errorOf([] { ResNet({.arch = "resnet19"}); });
  EXPECT_EQ(arch.code(), "INVALID_CONFIG");
  EXPECT_STREQ(arch.what(),
               "Invalid value for \"model.arch\": received \"resnet19\", expected one of resnet18, resnet34, "
               "resnet50, "
               "resnet101, resnet152.");
  EXPECT_EQ(errorOf([] { ResNet({.classes = 1}); }).code(), "INVALID_CONFIG");
  ResNet model({.classes = 2});
  EXPECT_EQ(errorOf([&] { model.replaceHead(1, 0); }).code(), "INVALID_CONFIG");
}

}  // namespace
}  // namespace torchwing
