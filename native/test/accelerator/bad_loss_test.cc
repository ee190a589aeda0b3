#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "test/accelerator/training_run.h"

namespace torchwing::simulated {
namespace {

/// After the first step, what makes every loss from there on NaN; gives the state with it.
struct Poisoned {
  explicit Poisoned(TrainingRun& run) {
    run.on_progress = [this, &run](const Progress& progress) {
      if (progress.step != 1) return;
      run.model().state().back().tensor.detach().fill_(std::numeric_limits<float>::infinity());
      weights = run.model().snapshot();
      momentum = run.sgd().momentumBuffers();
    };
  }

  StateDict weights;
  std::vector<at::Tensor> momentum;
};

std::string refusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
  return "";
}

TEST(BadLossOnTheAccelerator, NamesTheFirstBadStepAndLeavesTheStateOfBeforeIt) {
  TrainingRun run({});
  const Poisoned expected(run);
  // Figures are read after the first step and after the third, the last.
  EXPECT_EQ(
      refusalOf([&] { run.train(4); }),
      "LOSS_NOT_FINITE: The loss became NaN or infinite in training step 1 of epoch 4, expected a finite "
      "number.");
  EXPECT_EQ(differences(run.snapshot(), expected.weights), std::vector<std::string>{});
  const std::vector<at::Tensor> momentum = run.sgd().momentumBuffers();
  for (std::size_t i = 0; i < momentum.size(); ++i)
    EXPECT_TRUE(at::equal(momentum[i].cpu(), expected.momentum[i].cpu())) << i;
}

TEST(BadLossOnTheAccelerator, LeavesTheLossScaleOfBeforeIt) {
  TrainingRun::Options options;
  options.precision = Precision::kFp16;
  TrainingRun run(options);
  StateDict expected;
  run.on_progress = [&](const Progress& progress) {
    if (progress.step != 1) return;
    run.model().state().back().tensor.detach().fill_(std::numeric_limits<float>::infinity());
    expected = run.scaler().state();
  };
  // Two steps behind the first have a bad loss.
  EXPECT_NE(refusalOf([&] { run.train(0); }).find("training step 1 of epoch 0"), std::string::npos);
  StateDict scaler;
  run.inShortLane([&] { scaler = run.scaler().state(); });
  EXPECT_EQ(differences(scaler, expected), std::vector<std::string>{})
      << scaler.front().tensor << expected.front().tensor;
}

TEST(BadLossOnTheAccelerator, InTheFirstStepOfARunMakesNoMomentum) {
  TrainingRun run({});
  run.inShortLane(
      [&] { run.model().state().back().tensor.detach().fill_(std::numeric_limits<float>::infinity()); });
  EXPECT_NE(refusalOf([&] { run.train(0); }).find("training step 0 of epoch 0"), std::string::npos);
  for (const at::Tensor& buffer : run.sgd().momentumBuffers()) EXPECT_FALSE(buffer.defined());
}

TEST(BadLossOnTheAccelerator, InValidationNamesItsStep) {
  TrainingRun run({});
  run.train(0);
  run.inShortLane(
      [&] { run.model().state().back().tensor.detach().fill_(std::numeric_limits<float>::infinity()); });
  EXPECT_NE(refusalOf([&] { run.validate(0); }).find("validation step 0 of epoch 0"), std::string::npos);
}

}  // namespace
}  // namespace torchwing::simulated
