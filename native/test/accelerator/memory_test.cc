#include "test/accelerator/memory.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <c10/core/StreamGuard.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <string>

#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

at::TensorOptions onDevice() {
  return at::TensorOptions().device(device());
}

TEST(SimulatedMemoryDeathTest, AStrayReadOrWriteOfTheHostEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const at::Tensor tensor = at::full({4}, 1.0F, onDevice());
  Streams::instance().drain();
  auto* const address = static_cast<volatile float*>(tensor.mutable_data_ptr());
  EXPECT_EXIT((void)*address, testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(*address = 0, testing::KilledBySignal(SIGSEGV), "");
}

TEST(SimulatedMemory, IsTheAcceleratorsAsLibTorchSeesIt) {
  EXPECT_EQ(c10::getDeviceAllocator(kType), &Memory::instance());
  const at::Tensor tensor = at::empty({1000}, onDevice());
  EXPECT_EQ(tensor.storage().data_ptr().device(), device());
  EXPECT_EQ(Memory::instance().getMemoryInfo(0).second, Memory::kCapacity);
}

TEST(SimulatedMemory, ValuesComeBackAsTheyWentIn) {
  const at::Tensor host = at::arange(24, at::kFloat).view({2, 3, 4});
  const at::Tensor there = host.to(device());
  EXPECT_TRUE(at::equal(there.cpu(), host));
  EXPECT_TRUE(at::equal(there.permute({2, 0, 1}).cpu(), host.permute({2, 0, 1}))) << "strided";
  EXPECT_TRUE(at::equal(there.slice(1, 1, 3).cpu(), host.slice(1, 1, 3))) << "from within";
  EXPECT_TRUE(at::equal(there.to(at::kLong).cpu(), host.to(at::kLong))) << "converted on the device";
  EXPECT_TRUE(at::equal(at::empty({4, 2, 3}, onDevice()).copy_(there.permute({2, 0, 1})).cpu(),
                        host.permute({2, 0, 1})))
      << "from device to device";
}

TEST(SimulatedMemory, AFreedBlockIsNonsenseInTheOrderOfItsStream) {
  at::Tensor tensor = at::full({4}, 1.0F, onDevice());
  const void* const address = tensor.const_data_ptr();
  const at::Tensor sum = tensor.sum();
  tensor.reset();
  EXPECT_EQ(sum.item<float>(), 4) << "what was queued before the release still finds the values";
  Streams::instance().drain();
  EXPECT_TRUE(std::isnan(*static_cast<const float*>(Memory::instance().alias(address))));
}

TEST(SimulatedMemory, AStreamUsesItsOwnFreedBlocksAgainAndNoOtherDoes) {
  at::Tensor tensor = at::empty({12345}, onDevice());
  const void* const address = tensor.const_data_ptr();
  tensor.reset();
  {
    const c10::StreamGuard guard(Streams::stream(1));
    EXPECT_NE(at::empty({12345}, onDevice()).const_data_ptr(), address);
  }
  EXPECT_EQ(at::empty({12345}, onDevice()).const_data_ptr(), address);
}

TEST(SimulatedMemory, ABlockThatAnotherStreamUsesIsNotFreeBeforeThatStreamHasComePast) {
  at::Tensor tensor = at::empty({54321}, onDevice());
  const void* const address = tensor.const_data_ptr();
  tensor.record_stream(Streams::stream(2));
  const StreamQueue::Ticket use = Streams::instance().queue(2).enqueue([] {});
  tensor.reset();
  EXPECT_NE(at::empty({54321}, onDevice()).const_data_ptr(), address);
  Streams::instance().queue(2).waitFor(use);
  EXPECT_EQ(at::empty({54321}, onDevice()).const_data_ptr(), address);
}

TEST(SimulatedMemory, IsExhaustedAsCudasIs) {
  Memory& memory = Memory::instance();
  const auto [free, total] = memory.getMemoryInfo(0);
  memory.setLimit(total - free + (std::size_t{1} << 20));
  try {
    at::empty({std::int64_t{3} << 20}, onDevice().dtype(at::kByte));
    ADD_FAILURE() << "expected OutOfMemoryError";
  } catch (const c10::OutOfMemoryError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("Tried to allocate 3.00 MiB. GPU 0 has a total capacity of "), std::string::npos)
        << text;
    EXPECT_NE(text.find(" of which 1024.00 KiB is free. "), std::string::npos) << text;
  }
  memory.setLimit(Memory::kCapacity);
}

TEST(SimulatedMemory, CountsWhatIsHeld) {
  Memory& memory = Memory::instance();
  const std::int64_t before = memory.getDeviceStats(0).allocated_bytes[0].current;
  memory.resetPeakStats(0);
  {
    const at::Tensor tensor = at::empty({1024}, onDevice());
    EXPECT_EQ(memory.getDeviceStats(0).allocated_bytes[0].current, before + 4096);
  }
  EXPECT_EQ(memory.getDeviceStats(0).allocated_bytes[0].current, before);
  EXPECT_EQ(memory.getDeviceStats(0).allocated_bytes[0].peak, before + 4096);
}

}  // namespace
}  // namespace torchwing::simulated
