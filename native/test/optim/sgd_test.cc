#include "core/optim/sgd.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <limits>

#include "test/model/fixture.h"
#include "test/model/golden.h"
#include "test/optim/variants.h"

namespace torchwing {
namespace {

using test::errorOf;

at::Tensor draw(std::int64_t size, at::Generator& generator) {
  return at::empty({size}).uniform_(0, 1, generator);
}

// The first parameter is whole vectors, the second only a tail.
TEST(SgdTest, EqualsPythonsLoopBitForBit) {
  const test::Json fixture = test::readFixture("sgd");
  for (const auto& [name, options] : test::sgdVariants(/*lr=*/0.05)) {
    at::Generator generator = at::detail::createCPUGenerator(3);
    std::vector<at::Tensor> parameters;
    for (const std::int64_t size : {64, 5}) parameters.push_back(draw(size, generator).requires_grad_());
    Sgd optimizer(parameters, options);
    const auto& steps = fixture[name].list();
    ASSERT_EQ(steps.size(), 5u);
    for (std::size_t step = 0; step < steps.size(); ++step) {
      optimizer.zeroGrad();
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        const at::Tensor gradient = draw(parameters[i].numel(), generator).sub(0.5);
        if (step > 0 || i == 0) parameters[i].mutable_grad() = gradient;
      }
      optimizer.step();
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        EXPECT_EQ(test::fingerprint(parameters[i]), steps[step][i].text()) << name << " step " << step;
      }
    }
  }
}

// On an accelerator the host does not know whether a step is made; the same code on the CPU.
TEST(SgdTest, AFlagHoldsAStepBackOrLeavesItsBitsAlone) {
  for (const auto& [name, options] : test::sgdVariants(/*lr=*/0.05)) {
    at::Generator generator = at::detail::createCPUGenerator(3);
    std::vector<at::Tensor> plain, flagged;
    for (const std::int64_t size : {64, 5}) {
      plain.push_back(draw(size, generator).requires_grad_());
      flagged.push_back(plain.back().detach().clone().requires_grad_());
    }
    Sgd expected(plain, options), optimizer(flagged, options);
    const auto step = [&](std::vector<at::Tensor>& parameters, Sgd& sgd, float gradient, float found_inf) {
      for (at::Tensor& parameter : parameters) parameter.mutable_grad() = at::full_like(parameter, gradient);
      sgd.step(at::full({1}, found_inf));
    };
    for (const float gradient : {0.5F, -0.25F, 0.125F}) {
      step(flagged, optimizer, std::numeric_limits<float>::quiet_NaN(), 1);
      step(flagged, optimizer, gradient, 0);
      for (at::Tensor& parameter : plain) parameter.mutable_grad() = at::full_like(parameter, gradient);
      expected.step();
    }
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_TRUE(plain[i].equal(flagged[i])) << name;
      const at::Tensor buffer = optimizer.momentumBuffers()[i];
      if (buffer.defined()) {
        EXPECT_TRUE(buffer.equal(expected.momentumBuffers()[i])) << name;
      }
    }
  }
}

TEST(SgdTest, MomentumBuffersCarryOverToAnotherOptimizer) {
  const SgdOptions options{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01};
  const at::Tensor gradient = at::ones({3});
  const auto step = [&](Sgd& optimizer, at::Tensor& parameter) {
    parameter.mutable_grad() = gradient.clone();
    optimizer.step();
  };
  at::Tensor one = at::ones({3}).requires_grad_();
  Sgd first({one}, options);
  step(first, one);

  at::Tensor two = one.detach().clone().requires_grad_();
  Sgd second({two}, options);
  second.setMomentumBuffers(first.momentumBuffers());
  step(first, one);
  step(second, two);
  EXPECT_TRUE(one.equal(two));
}

TEST(SgdTest, AStateBringsHyperparametersAndBuffersToAnotherOptimizer) {
  const SgdOptions options{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true};
  const auto step = [](Sgd& optimizer, at::Tensor& parameter) {
    parameter.mutable_grad() = at::ones({3});
    optimizer.step();
  };
  at::Tensor one = at::ones({3}).requires_grad_();
  Sgd first({one}, options);
  step(first, one);

  at::Tensor two = one.detach().clone().requires_grad_();
  Sgd second({two}, {.lr = 1});
  second.load(first.state());
  step(first, one);
  step(second, two);
  EXPECT_TRUE(one.equal(two));
}

TEST(SgdTest, AStateForOtherParametersChangesNothing) {
  Sgd optimizer({at::ones({2}).requires_grad_()}, {.lr = 0.1, .momentum = 0.9});
  const auto code = [&](const SgdState& state) { return errorOf([&] { optimizer.load(state); }).code(); };
  EXPECT_EQ(code({{.lr = 1}, {}}), "WEIGHTS_MISMATCH");
  EXPECT_EQ(code({{.lr = 1}, {at::ones({3})}}), "WEIGHTS_MISMATCH");
  EXPECT_EQ(code({{.lr = -1}, {at::ones({2})}}), "INVALID_CONFIG");
  EXPECT_EQ(optimizer.lr(), 0.1);
  EXPECT_FALSE(optimizer.state().momentum_buffers[0].defined());
}

TEST(SgdTest, BuffersAreUndefinedBeforeTheFirstStepAndCopiesAfter) {
  at::Tensor parameter = at::ones({2}).requires_grad_();
  Sgd optimizer({parameter}, {.lr = 0.1, .momentum = 0.9});
  EXPECT_FALSE(optimizer.momentumBuffers()[0].defined());
  parameter.mutable_grad() = at::ones({2});
  optimizer.step();
  optimizer.momentumBuffers()[0].zero_();
  EXPECT_TRUE(optimizer.momentumBuffers()[0].equal(at::ones({2})));
}

TEST(SgdTest, ZeroGradFreesTheGradients) {
  at::Tensor parameter = at::ones({2}).requires_grad_();
  Sgd optimizer({parameter}, {.lr = 0.1});
  parameter.mutable_grad() = at::ones({2});
  optimizer.zeroGrad();
  EXPECT_FALSE(parameter.grad().defined());
}

TEST(SgdTest, BuffersThatDoNotFitAreRefused) {
  Sgd optimizer({at::ones({2}).requires_grad_()}, {.lr = 0.1, .momentum = 0.9});
  EXPECT_EQ(errorOf([&] { optimizer.setMomentumBuffers({}); }).code(), "INVALID_ARGUMENT");
  EXPECT_EQ(errorOf([&] { optimizer.setMomentumBuffers({at::ones({3})}); }).code(), "INVALID_ARGUMENT");
}

TEST(SgdTest, RefusesWhatPythonRefuses) {
  const auto code = [](const SgdOptions& options) { return errorOf([&] { Sgd({}, options); }).code(); };
  EXPECT_EQ(code({.lr = -1}), "INVALID_CONFIG");
  EXPECT_EQ(code({.lr = std::numeric_limits<double>::quiet_NaN()}), "INVALID_CONFIG");
  EXPECT_EQ(code({.momentum = -0.1}), "INVALID_CONFIG");
  EXPECT_EQ(code({.weight_decay = -0.1}), "INVALID_CONFIG");
  EXPECT_EQ(code({.momentum = 0, .nesterov = true}), "INVALID_CONFIG");
  EXPECT_EQ(code({.momentum = 0.9, .dampening = 0.1, .nesterov = true}), "INVALID_CONFIG");
  EXPECT_STREQ(errorOf([] { Sgd({}, {.lr = -1}); }).what(),
               "Invalid value for \"optimizer.lr\": received -1, expected a finite number >= 0.");
}

// A float32 rate of 1/32 is the double, so the bits are those of the fused operator with the rate as a
// number.
TEST(SgdTest, ARateOnTheDeviceFollowsSetLrAndLoad) {
  const at::Tensor gradient = at::ones({64});
  at::Tensor parameter = at::ones({64}).requires_grad_();
  Sgd optimizer({parameter}, {.lr = 0.03125});
  optimizer.keepRateOnDevice();
  const auto stepAndRead = [&] {
    parameter.mutable_grad() = gradient;
    optimizer.step();
    return parameter.detach()[0].item<double>();
  };
  EXPECT_EQ(stepAndRead(), 1 - 0.03125);
  optimizer.setLr(0.5);
  EXPECT_EQ(optimizer.lr(), 0.5);
  EXPECT_EQ(stepAndRead(), 0.5 - 0.03125);
  SgdState state = optimizer.state();
  state.options.lr = 0.25;
  optimizer.load(state);
  EXPECT_EQ(stepAndRead(), 0.25 - 0.03125);
}

}  // namespace
}  // namespace torchwing
