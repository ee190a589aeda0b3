#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "core/train/loss_scaler.h"
#include "core/train/training_step.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

struct Case {
  const char* name;  ///< in the fixture
  Precision precision;
  Layout layout;
};

void expectFingerprint(const at::Tensor& tensor, const test::Json& expected, const std::string& name) {
  EXPECT_EQ(test::fingerprint(tensor.detach().contiguous()), expected[name].text()) << name;
}

/// What Python's torch.autocast gave, to the bit: the same operators in the same types, in the same order.
class AutocastGoldens : public testing::TestWithParam<Case> {
 protected:
  // As the generator: BatchNorm in channels_last order sums by thread.
  AutocastGoldens() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
  ~AutocastGoldens() override { at::set_num_threads(threads_); }

  ResNet model() const {
    return ResNet({.classes = 3, .seed = 5, .layout = GetParam().layout, .precision = GetParam().precision});
  }

  const test::Json expected = test::readFixture("autocast")[GetParam().name];
  const MixedBatch batch = {test::goldenImages(2, 4, 8, 8), at::tensor({0, 1, 2, 0}, at::kLong)};
  // Other kernels than those of scripts/golden-environment.mjs sum in another order.
  testing::ScopedTrace pinned{__FILE__, __LINE__, "needs ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2"};

 private:
  const int threads_;
};

INSTANTIATE_TEST_SUITE_P(Of, AutocastGoldens,
                         testing::Values(Case{"bfloat16 strided", Precision::kBf16, Layout::kStrided},
                                         Case{"bfloat16 fast", Precision::kBf16, Layout::kFast},
                                         Case{"float16 strided", Precision::kFp16, Layout::kStrided},
                                         Case{"float16 fast", Precision::kFp16, Layout::kFast}),
                         [](const auto& info) {
                           return std::string(info.param.precision == Precision::kBf16 ? "Bf16" : "Fp16") +
                                  (info.param.layout == Layout::kFast ? "Fast" : "Strided");
                         });

TEST_P(AutocastGoldens, LogitsAreTorchsWidenedToFloat32) {
  for (const bool training : {false, true}) {
    ResNet network = model();
    network.train(training);
    const at::Tensor logits = network.forward(batch.images, false);
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    EXPECT_EQ(test::values(logits), expected[training ? "training" : "evaluation"].numbers());
  }
}

TEST_P(AutocastGoldens, LossesGradientsAndStateAreTorchs) {
  ResNet network = model();
  Sgd sgd(network.parameters(), {.lr = 1e-3, .momentum = 0.9});
  LossScaler scaler(at::kCPU);
  scaler.load({{"scale", at::full({1}, 1024.0F)}, {"growth_tracker", at::full({1}, 0, at::kInt)}});
  PhaseOptions options;
  if (GetParam().precision == Precision::kFp16) options.scaler = &scaler;
  TrainingStep step(network, &sgd, options);
  const std::vector<double> losses = expected["losses"].numbers();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const std::vector<StepFigures> figures = step.run(batch, static_cast<std::int64_t>(i));
    EXPECT_EQ(figures.front().loss.item<double>(), losses[i]);
    if (i > 0) continue;
    for (const NamedTensor& entry : network.namedParameters())
      expectFingerprint(entry.tensor.grad(), expected["gradients"], entry.name);
  }
  for (const NamedTensor& entry : network.state()) {
    if (entry.tensor.is_floating_point()) expectFingerprint(entry.tensor, expected["state"], entry.name);
  }
}

}  // namespace
}  // namespace torchwing
