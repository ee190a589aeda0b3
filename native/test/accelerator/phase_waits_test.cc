#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/accelerator/training_run.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

using Options = TrainingRun::Options;

constexpr int kSteps = 3;  // of an epoch

struct Case {
  std::string name;
  Options options;
};

std::vector<Case> cases() {
  Options extractor, mixed, smoothed, mixed_and_smoothed, bf16, fp16;
  extractor.trainable = Trainable::kHead;
  mixed.mix = {.mixup_alpha = 1, .cutmix_alpha = 1};
  smoothed.label_smoothing = 0.1;
  mixed_and_smoothed.mix = mixed.mix;
  mixed_and_smoothed.label_smoothing = 0.1;
  bf16.precision = Precision::kBf16;
  fp16.precision = Precision::kFp16;
  fp16.loss_scale = 256;  // at which nothing overflows, and the rate leaves the logits in float16's range
  fp16.sgd.lr = 1e-4;
  return {{"Finetune", {}}, {"Extractor", extractor},
          {"Mixed", mixed}, {"SmoothedLabels", smoothed},
          {"Bf16", bf16},   {"MixedAndSmoothed", mixed_and_smoothed},
          {"Fp16", fp16}};
}

class PhaseWaits : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(OnTheAccelerator, PhaseWaits, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(PhaseWaits, AreWhereFiguresAreReadAndNowhereElse) {
  TrainingRun run(GetParam().options);
  run.fit(1);
  for (const bool training : {true, false}) {
    int figures = 1;  // the phase's result
    run.on_progress = [&](const Progress&) { ++figures; };
    takeWaits();
    const PhaseResult result = training ? run.train(1) : run.validate(1);
    const WaitCounts waits = takeWaits();
    ASSERT_EQ(result.steps, kSteps);
    EXPECT_EQ(waits.item, 2 * figures) << "the sum of the losses and the number of correct ones";
    EXPECT_EQ(waits.total(), waits.item) << "copy " << waits.copy << ", event " << waits.event << ", stream "
                                         << waits.stream << ", device " << waits.device;
  }
}

/// Of an optimizer's first epoch; `first` waits are those for its first step.
void expectWaitsOfTheFirstEpoch(const Options& options, int first) {
  TrainingRun run(options);
  int figures = 1;
  run.on_progress = [&](const Progress&) { ++figures; };
  takeWaits();
  run.train(0);
  const WaitCounts waits = takeWaits();
  EXPECT_EQ(waits.item, 2 * figures + first);
  EXPECT_EQ(waits.total(), waits.item);
}

TEST_P(PhaseWaits, OfTheFirstEpochAreOneMoreForTheFirstStepWithMomentum) {
  expectWaitsOfTheFirstEpoch(GetParam().options, 1);
}

TEST(PhaseWaitsInFloat16, AreOneInEachStepUntilOneIsMade) {
  Options overflowing;
  overflowing.precision = Precision::kFp16;
  overflowing.loss_scale = 1 << 30;
  expectWaitsOfTheFirstEpoch(overflowing, kSteps);
}

}  // namespace
}  // namespace torchwing::simulated
