#include "core/device/device_choice.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace torchwing
