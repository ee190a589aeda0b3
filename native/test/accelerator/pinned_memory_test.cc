#include "test/accelerator/pinned_memory.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

at::Tensor pinned(std::int64_t numbers) {
  return at::empty({numbers}, at::TensorOptions().pinned_memory(true));
}

TEST(SimulatedPinnedMemory, IsKnownAsSuch) {
  EXPECT_TRUE(pinned(10).is_pinned());
  EXPECT_TRUE(pinned(10).slice(0, 5).is_pinned());
  EXPECT_FALSE(at::empty({10}).is_pinned());
}

TEST(SimulatedPinnedMemory, CopiesToTheDeviceDoNotBlock) {
  const at::Tensor host = pinned(4).fill_(7);
  const at::Tensor there = host.to(device(), at::kFloat, /*non_blocking=*/true);
  EXPECT_FALSE(markOf(0).done());
  EXPECT_EQ(takeWaits().total(), 0);
  EXPECT_EQ(there.sum().item<float>(), 28);
}

TEST(SimulatedPinnedMemory, OtherHostMemoryBlocks) {
  at::full({4}, 7.0F).to(device(), at::kFloat, /*non_blocking=*/true);
  EXPECT_EQ(takeWaits().copy, 1);
}

TEST(SimulatedPinnedMemory, ACopyBackIsThereAfterItsEventAndNotBefore) {
  const at::Tensor there = at::full({4}, 3.0F, at::TensorOptions().device(device()));
  const at::Tensor host = pinned(4).fill_(0);
  host.copy_(there, /*non_blocking=*/true);
  EXPECT_EQ(host.sum().item<float>(), 0);
  Streams::instance().queue(0).waitFor(markOf(0).ticket);
  EXPECT_EQ(host.sum().item<float>(), 12);
}

TEST(SimulatedPinnedMemory, WrittenTooEarlyTheCopyBringsTheNewValues) {
  const at::Tensor host = pinned(4).fill_(7);
  const at::Tensor there = host.to(device(), at::kFloat, /*non_blocking=*/true);
  host.fill_(1);
  EXPECT_EQ(there.sum().item<float>(), 4);
}

TEST(SimulatedPinnedMemory, IsHandedOutAgainAfterTheCopyAndNotBefore) {
  at::Tensor host = pinned(3000).fill_(7);
  const void* const address = host.const_data_ptr();
  const at::Tensor there = host.to(device(), at::kFloat, /*non_blocking=*/true);
  host.reset();
  EXPECT_NE(pinned(3000).const_data_ptr(), address);
  EXPECT_EQ(there.sum().item<float>(), 21000);
  const at::Tensor one = pinned(3000), two = pinned(3000);
  EXPECT_TRUE(one.const_data_ptr() == address || two.const_data_ptr() == address);
}

}  // namespace
}  // namespace torchwing::simulated
