#include "core/device/device_failure.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "core/device/memory_failure.h"

namespace torchwing {
namespace {

/// In the form in which LibTorch words an error of CUDA's runtime.
std::exception_ptr acceleratorError(std::int32_t code, const std::string& words) {
  const c10::SourceLocation here{__func__, __FILE__, __LINE__};
  return std::make_exception_ptr(c10::AcceleratorError(
      here, code,
      "CUDA error: " + words +
          "\nSearch for `cudaErrorX' in https://docs.nvidia.com/cuda.\nCUDA kernel errors might be "
          "asynchronously reported at some other API call.\n"));
}

TEST(DeviceFailures, OfAFaultAreToldInOneLineWithTheWayOut) {
  const auto failure = deviceFailure(acceleratorError(700, "an illegal memory access was encountered"));
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->reason, "CUDA error: an illegal memory access was encountered (700)");
  EXPECT_NE(failure->hint.find("The device's state is lost"), std::string::npos) << failure->hint;
  EXPECT_NE(failure->hint.find("start a new"), std::string::npos) << failure->hint;
}

TEST(DeviceFailures, OfACallAloneDoNotSayThatTheDeviceIsLost) {
  const auto failure = deviceFailure(acceleratorError(1, "invalid argument"));
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->hint.find("lost"), std::string::npos) << failure->hint;
}

TEST(DeviceFailures, AreNoneWhereMemoryRanOutOrSomethingElseFailed) {
  EXPECT_TRUE(memoryFailure(acceleratorError(2, "out of memory")).has_value()) << "asked for first";
  EXPECT_FALSE(deviceFailure(std::make_exception_ptr(std::runtime_error("another"))).has_value());
}

}  // namespace
}  // namespace torchwing
