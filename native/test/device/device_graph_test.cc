#include "core/device/device_graph.h"

#include <gtest/gtest.h>

#include "core/device/cuda_part.h"
#include "core/error.h"

namespace torchwing {
namespace {

const c10::Device kSecondDevice(c10::kCUDA, 1);

std::string refusal(c10::Device device) {
  try {
    requireDeviceGraphs(device);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "CUDA_GRAPH_UNAVAILABLE");
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "nothing was refused";
}

TEST(DeviceGraphs, TheCpuHasNone) {
  EXPECT_EQ(refusal(c10::kCPU),
            "Invalid value for \"cudaGraph\": received true, expected false, because the device is \"cpu\".");
  EXPECT_THROW(makeDeviceGraph(c10::kCPU), Error);
}

TEST(DeviceGraphs, ABuildWithoutTheCudaPartSaysWhichFileIsMissing) {
  openCudaPart("/nonexistent/torchwing_cuda.lt213.so");
  EXPECT_EQ(
      refusal(kSecondDevice),
      "Invalid value for \"cudaGraph\": received true for the device \"cuda:1\", expected false, because "
      "torchwing was built without its CUDA part (\"/nonexistent/torchwing_cuda.lt213.so\" is not there).");
}

TEST(DeviceGraphs, ACudaPartThatCannotBeOpenedIsRefusedInTheLinkersWords) {
  openCudaPart("/dev/null");
  EXPECT_NE(refusal(kSecondDevice).find("the CUDA part cannot be opened: /dev/null"), std::string::npos)
      << refusal(kSecondDevice);
}

TEST(DeviceGraphs, ALibraryWithoutGraphsIsRefused) {
  openCudaPart("/lib/x86_64-linux-gnu/libm.so.6");
  EXPECT_NE(refusal(kSecondDevice).find("the CUDA part makes none"), std::string::npos)
      << refusal(kSecondDevice);
}

}  // namespace
}  // namespace torchwing
