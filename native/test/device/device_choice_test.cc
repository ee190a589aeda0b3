#include "core/device/device_choice.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "core/error.h"

namespace torchwing {
namespace {

// The test programs never map libtorch_cuda, so there is no device on any machine.

Error refusal(const std::string& device) {
  try {
    chooseDevice(device);
  } catch (const Error& error) {
    return error;
  }
  return {"", "nothing was refused"};
}

TEST(DeviceChoice, WithoutCudaTakesTheCpu) {
  EXPECT_TRUE(chooseDevice("cpu").is_cpu());
  EXPECT_TRUE(chooseDevice("auto").is_cpu());
}

TEST(DeviceChoice, RefusesWhatIsNoDevice) {
  for (const char* device : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1234", "CPU"}) {
    const Error error = refusal(device);
    EXPECT_EQ(error.code(), "INVALID_CONFIG") << device;
    EXPECT_STREQ(error.what(), (std::string("Invalid value for \"device\": received \"") + device +
                                "\", expected auto, cpu, cuda or cuda:<index>.")
                                   .c_str());
  }
}

TEST(DeviceChoice, SaysWhyThereIsNoCudaInTheWordsOfWhoeverKnows) {
  EXPECT_FALSE(cudaStatus().available);
  EXPECT_FALSE(cudaStatus().why_not.empty());
  EXPECT_FALSE(cudaStatus().cure.empty());
  explainCudaAbsence("the planted part is missing", "Bring it.");
  EXPECT_EQ(cudaStatus().why_not, "the planted part is missing");
  for (const char* device : {"cuda", "cuda:0", "cuda:7"}) {
    const Error error = refusal(device);
    EXPECT_EQ(error.code(), "CUDA_UNAVAILABLE");
    EXPECT_STREQ(
        error.what(),
        (std::string("The device \"") + device + "\" cannot be used: the planted part is missing.").c_str());
    EXPECT_EQ(error.hint(), "Bring it.");
  }
}

constexpr c10::DeviceIndex kDevices = c10::impl::kFakeGuardImplMaxDevices;

/// LibTorch's CUDA half as far as it counts devices: there is no allocator to ask, which on CUDA would open a
/// context on each device.
struct CountingHalf : at::CUDAHooksInterface {
  bool hasCUDA() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  c10::DeviceIndex deviceCount() const override { return kDevices; }
};

[[noreturn]] void chooseAmongDevicesThatAreOnlyCounted() {
  at::CUDAHooksRegistry()->Register("CUDAHooks", [](at::CUDAHooksArgs) {
    return std::unique_ptr<at::CUDAHooksInterface>(new CountingHalf());
  });
  static const c10::impl::FakeGuardImpl<c10::kCUDA> guard;
  const c10::impl::DeviceGuardImplRegistrar registered(c10::kCUDA, &guard);
  const int last = kDevices - 1;
  const bool good = chooseDevice("auto") == c10::Device(c10::kCUDA, 0) &&
                    chooseDevice("cuda:" + std::to_string(last)).index() == last;
  std::_Exit(good ? 0 : 1);
}

// In a process of its own: LibTorch counts once.
TEST(DeviceChoiceDeathTest, CountsDevicesWithoutTouchingThem) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(chooseAmongDevicesThatAreOnlyCounted(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace torchwing
