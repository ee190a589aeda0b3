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

TEST(StateTest, AMissingCounterCountsAsZero) {
  ResNet model({.classes = 2});
  model.forward(test::goldenImages(1, 2, 4, 16), false);
  model.load(withoutCounters(model.snapshot()));
  for (const NamedTensor& entry : model.state()) {
    if (entry.name.ends_with("num_batches_tracked")) {
      EXPECT_EQ(entry.tensor.item<std::int64_t>(), 0) << entry.name;
    }
  }
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
