#include <ATen/autocast_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "test/accelerator/streams.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

TEST(SimulatedAutocast, CastsLayersAndNotTheLoss) {
  const at::TensorOptions there = at::TensorOptions().device(device());
  const at::Tensor input = at::ones({2, 4}, there), weight = at::ones({3, 4}, there).requires_grad_();
  at::autocast::set_autocast_enabled(kType, true);
  at::autocast::set_autocast_dtype(kType, at::kBFloat16);
  const at::Tensor logits = at::linear(input, weight);
  const at::Tensor loss = at::cross_entropy_loss(logits, at::zeros({2}, there.dtype(at::kLong)));
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(kType, false);
  loss.backward();
  EXPECT_EQ(logits.scalar_type(), at::kBFloat16);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
  EXPECT_EQ(takeWaits().total(), 0);
}

}  // namespace
}  // namespace torchwing::simulated
