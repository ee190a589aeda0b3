#include <ATen/ops/abs.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "test/accelerator/streams.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

at::TensorOptions onDevice() {
  return at::TensorOptions().device(device());
}

/// Numbers of both signs without a pattern that a kernel could hide in.
at::Tensor numbers(at::IntArrayRef shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  const at::Tensor steps = at::arange(count, at::kFloat);
  return steps.mul(0.37).sin_().add_(steps.mul(1.7).cos_()).view(shape);
}

/// The results of one computation on the CPU and on the device, the latter fetched after everything was
/// queued.
void expectEqualOnBoth(const std::function<std::vector<at::Tensor>(at::Device)>& compute) {
  const std::vector<at::Tensor> expected = compute(at::kCPU);
  takeWaits();
  std::vector<at::Tensor> results = compute(device());
  // Inputs went over as they are; nothing else may have waited.
  const WaitCounts waits = takeWaits();
  EXPECT_EQ(waits.total(), waits.copy);
  ASSERT_EQ(results.size(), expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_TRUE(at::equal(results[i].detach().cpu(), expected[i].detach())) << "result " << i;
    EXPECT_EQ(results[i].strides(), expected[i].strides()) << "result " << i;
  }
}

TEST(SimulatedOperators, RunLateInTheOrderOfTheirStream) {
  const at::Tensor tensor = at::full({3}, 2.0F, onDevice());
  tensor.add_(1).mul_(4);
  EXPECT_EQ(takeWaits().total(), 0);
  EXPECT_FALSE(markOf(0).done());
  EXPECT_EQ(tensor.sum().item<float>(), 36);
  EXPECT_EQ(takeWaits().item, 1);
}

TEST(SimulatedOperators, OneThatIsNotListedWaitsAndIsNamed) {
  const at::Tensor tensor = at::full({2}, -2.0F, onDevice());
  const at::Tensor result = at::abs(tensor);
  EXPECT_EQ(takeWaits().fallback, 1);
  EXPECT_EQ(takeFallbacks(), (std::set<std::string>{"aten::abs.out"}));
  EXPECT_EQ(result.sum().item<float>(), 4);
}

class SimulatedConvolution : public testing::TestWithParam<at::MemoryFormat> {};

INSTANTIATE_TEST_SUITE_P(InBothLayouts, SimulatedConvolution,
                         testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast));

TEST_P(SimulatedConvolution, AndItsGradientsEqualTheCpus) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor images = numbers({2, 3, 9, 11}).to(where).contiguous(GetParam()).requires_grad_();
    const at::Tensor weight = numbers({8, 3, 3, 3}).to(where).contiguous(GetParam()).requires_grad_();
    const at::Tensor output = at::conv2d(images, weight, {}, /*stride=*/2, /*padding=*/1);
    at::relu(output).sum().backward();
    return std::vector{output, images.grad(), weight.grad()};
  });
}

class SimulatedBatchNorm : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(InBothModes, SimulatedBatchNorm, testing::Bool(),
                         [](const auto& info) { return info.param ? "Training" : "Evaluation"; });

TEST_P(SimulatedBatchNorm, MovesItsRunningBuffersAndEqualsTheCpus) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor input = numbers({4, 6, 5, 5}).to(where).requires_grad_();
    const at::Tensor weight = numbers({6}).to(where).requires_grad_(),
                     bias = numbers({6}).to(where).requires_grad_();
    const at::Tensor mean = at::zeros({6}).to(where), variance = at::ones({6}).to(where);
    const at::Tensor output =
        at::batch_norm(input, weight, bias, mean, variance, /*training=*/GetParam(), 0.1, 1e-5, true);
    output.mul(output).sum().backward();
    return std::vector{output, mean, variance, input.grad(), weight.grad(), bias.grad()};
  });
}

TEST(SimulatedOperators, BatchNormOfSixteenBitsKeepsItsStatisticsInFloat32) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor input = numbers({4, 6, 5, 5}).to(where).to(at::kBFloat16).requires_grad_();
    const at::Tensor weight = numbers({6}).to(where).requires_grad_(),
                     bias = numbers({6}).to(where).requires_grad_();
    const at::Tensor mean = at::zeros({6}).to(where), variance = at::ones({6}).to(where);
    const at::Tensor output =
        at::batch_norm(input, weight, bias, mean, variance, /*training=*/true, 0.1, 1e-5, true);
    output.sum().backward();
    return std::vector{output, mean, variance, input.grad(), weight.grad(), bias.grad()};
  });
}

TEST(SimulatedOperators, ALayoutThatOneByOnePixelsLeaveOpenIsNoDifference) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor images =
        numbers({2, 3, 2, 2}).to(where).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const at::Tensor weight =
        numbers({8, 3, 2, 2}).to(where).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const at::Tensor output = at::conv2d(images, weight);
    output.sum().backward();
    return std::vector{output.flatten(), images.grad(), weight.grad()};
  });
}

TEST(SimulatedOperators, PoolingAndLossEqualTheCpus) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor input = numbers({2, 4, 8, 8}).to(where).requires_grad_();
    const at::Tensor labels = at::arange(2, at::kLong).to(where);
    const at::Tensor pooled = at::max_pool2d(input, {3, 3}, {2, 2}, {1, 1});
    const at::Tensor logits = pooled.mean({2, 3});
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    loss.backward();
    return std::vector{pooled, logits, loss, input.grad(), logits.argmax(1).eq(labels).sum()};
  });
}

TEST(SimulatedOperators, ALookUpEqualsTheCpus) {
  expectEqualOnBoth([](at::Device where) {
    const at::Tensor table = numbers({256}).to(where);
    const at::Tensor entries = at::arange(0, 60, at::TensorOptions().dtype(at::kInt).device(where)).mul(4);
    return std::vector{at::index_select(table, 0, entries).view({5, 4, 3})};
  });
}

}  // namespace
}  // namespace torchwing::simulated
