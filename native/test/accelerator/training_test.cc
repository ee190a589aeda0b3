#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/accelerator/training_run.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

constexpr std::int64_t kEpochs = 2;

using Options = TrainingRun::Options;

struct Fitted {
  StateDict weights;
  std::vector<PhaseCounts> counts;  ///< of every phase
};

Fitted fit(Options options, at::Device device) {
  options.device = device;
  TrainingRun run(options);
  Fitted fitted;
  for (std::int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    fitted.counts.push_back(run.train(epoch).counts);
    fitted.counts.push_back(run.validate(epoch).counts);
  }
  fitted.weights = run.snapshot();
  return fitted;
}

void expectEqual(const Fitted& fitted, const Fitted& expected) {
  EXPECT_EQ(differences(fitted.weights, expected.weights), std::vector<std::string>{});
  ASSERT_EQ(fitted.counts.size(), expected.counts.size());
  for (std::size_t phase = 0; phase < fitted.counts.size(); ++phase) {
    EXPECT_EQ(fitted.counts[phase].loss_sum, expected.counts[phase].loss_sum);
    EXPECT_EQ(fitted.counts[phase].correct, expected.counts[phase].correct);
    EXPECT_EQ(fitted.counts[phase].images, expected.counts[phase].images);
  }
}

struct Case {
  std::string name;
  Options options;
};

std::vector<Case> cases() {
  Options extractor, stored, mixed, smoothed, floats, nesterov, bf16, fp16;
  extractor.trainable = Trainable::kHead;
  stored.trainable = Trainable::kHead;
  stored.frozen = FrozenBatchNorm::kEval;
  mixed.mix = {.mixup_alpha = 1, .cutmix_alpha = 1};
  smoothed.label_smoothing = 0.1;
  floats.byte_batches = false;
  nesterov.sgd.nesterov = true;
  bf16.precision = Precision::kBf16;
  fp16.precision = Precision::kFp16;
  return {{"Finetune", {}},
          {"Extractor", extractor},
          {"ExtractorWithStoredStatistics", stored},
          {"Mixed", mixed},
          {"SmoothedLabels", smoothed},
          {"FloatBatches", floats},
          {"Nesterov", nesterov},
          {"Bf16", bf16},
          {"Fp16", fp16}};
}

class Fit : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(OnTheAccelerator, Fit, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Fit, GivesTheCpusNumbersToTheBit) {
  expectEqual(fit(GetParam().options, device()), fit(GetParam().options, at::kCPU));
}

struct Late {
  std::string name;
  Lateness compute, others;
};

class LateStreams : public testing::TestWithParam<Late> {};

INSTANTIATE_TEST_SUITE_P(Where, LateStreams,
                         testing::Values(Late{"ComputingIsLate", Lateness::kOnDemand, Lateness::kPrompt},
                                         Late{"CopyingIsLate", Lateness::kPrompt, Lateness::kOnDemand},
                                         Late{"NothingIsLate", Lateness::kPrompt, Lateness::kPrompt}),
                         [](const auto& info) { return info.param.name; });

const Fitted& finetunedOnCpu() {
  static const Fitted fitted = fit({}, at::kCPU);
  return fitted;
}

TEST_P(LateStreams, ChangeNothing) {
  const Fitted& expected = finetunedOnCpu();
  Streams::instance().setLateness(GetParam().compute, GetParam().others);
  expectEqual(fit({}, device()), expected);
}

}  // namespace
}  // namespace torchwing::simulated
