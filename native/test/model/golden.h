#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/model/named_tensor.h"

namespace torchwing::test {

/// images() of scripts/golden/model.py, bit for bit: [count, 3, cells * cell, cells * cell].
inline at::Tensor goldenImages(std::uint64_t seed, std::int64_t count, std::int64_t cells,
                               std::int64_t cell) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const at::Tensor coarse = at::empty({count, 3, cells, cells}).uniform_(0, 1, generator);
  return coarse.repeat_interleave(cell, 2).repeat_interleave(cell, 3);
}

/// Sum over i of (i + 1) * bits[i], modulo 2^64, over the bit patterns of a contiguous float32 tensor.
inline std::string fingerprint(const at::Tensor& tensor) {
  const float* values = tensor.const_data_ptr<float>();
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof bits);
    sum += static_cast<std::uint64_t>(i + 1) * bits;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

inline std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

/// Each number within `tolerance` of the expected one, relative to the largest expected one (at least 1).
inline void expectClose(const std::vector<double>& actual, const std::vector<double>& expected,
                        double tolerance, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double scale = 1;
  for (const double value : expected) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], tolerance * scale) << what << " at " << i;
  }
}

/// Sum and norm in float64, as summary() of scripts/golden/model.py.
inline std::vector<double> summary(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.detach().to(at::kDouble);
  return {wide.sum().item<double>(), wide.norm().item<double>()};
}

inline void expectSameState(const StateDict& actual, const StateDict& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].name, expected[i].name);
    EXPECT_TRUE(actual[i].tensor.equal(expected[i].tensor)) << actual[i].name;
  }
}

/// The Error that `action` throws; fails the test when it throws none.
template <typename Action>
Error errorOf(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error("", "");
}

}  // namespace torchwing::test
