#include "core/device/arithmetic.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "core/error.h"

namespace torchwing {
namespace {

TEST(ArithmeticHold, LastsAsLongAsTheLastHold) {
  at::Context& context = at::globalContext();
  const bool before = context.allowTF32CuBLAS();
  ASSERT_FALSE(before) << "PyTorch's own default";
  auto first = std::make_unique<ArithmeticHold>(Arithmetic{.tf32 = true});
  auto second = std::make_unique<ArithmeticHold>(Arithmetic{.tf32 = true});
  EXPECT_TRUE(context.allowTF32CuBLAS());
  EXPECT_TRUE(context.allowTF32CuDNN());
  EXPECT_TRUE(context.benchmarkCuDNN());
  first.reset();
  EXPECT_TRUE(context.allowTF32CuBLAS());
  second.reset();
  EXPECT_EQ(context.allowTF32CuBLAS(), before);
  EXPECT_FALSE(context.benchmarkCuDNN());
}

TEST(ArithmeticHold, RefusesAnotherOneMeanwhile) {
  const ArithmeticHold hold(Arithmetic{});
  try {
    const ArithmeticHold other(Arithmetic{.tf32 = true});
    FAIL() << "expected ARITHMETIC_CONFLICT";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "ARITHMETIC_CONFLICT");
  }
  EXPECT_FALSE(at::globalContext().allowTF32CuBLAS());
}

TEST(ArithmeticHold, IsDeterministicOnlyWithCublasWorkspaces) {
  at::Context& context = at::globalContext();
  unsetenv("CUBLAS_WORKSPACE_CONFIG");
  EXPECT_THROW(ArithmeticHold(Arithmetic{.deterministic = true}), Error);
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 1);
  {
    const ArithmeticHold hold(Arithmetic{.deterministic = true});
    EXPECT_TRUE(context.deterministicAlgorithms());
    EXPECT_TRUE(context.deterministicCuDNN());
    EXPECT_FALSE(context.benchmarkCuDNN());
  }
  EXPECT_FALSE(context.deterministicAlgorithms());
  EXPECT_FALSE(context.deterministicCuDNN());
  unsetenv("CUBLAS_WORKSPACE_CONFIG");
}

}  // namespace
}  // namespace torchwing
