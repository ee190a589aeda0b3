#include "core/data/resize_kernels.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace torchwing {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  // Extremes as often as all else, since sums overflow there first.
  for (std::uint8_t& byte : bytes) {
    const unsigned draw = static_cast<unsigned>(random());
    byte = draw & 0x100 ? static_cast<std::uint8_t>(draw) : draw & 0x200 ? 255 : 0;
  }
  return bytes;
}

Bytes resize(const ResizeKernels& kernels, const Bytes& source, int width, int height, int out_width,
             int out_height, bool mirrored, ResizeArithmetic arithmetic = ResizeArithmetic::kPillow) {
  ResizeWeights horizontal, vertical;
  horizontal.compute(arithmetic, width, out_width, 0, out_width, 0);
  vertical.compute(arithmetic, height, out_height, 0, out_height, 0);
  const std::size_t row_bytes = static_cast<std::size_t>(out_width) * 3;
  Bytes rows(row_bytes * static_cast<std::size_t>(height));
  kernels.sumColumns(source.data(), static_cast<std::size_t>(width) * 3, height, horizontal, mirrored,
                     rows.data());
  Bytes target(row_bytes * static_cast<std::size_t>(out_height));
  for (int y = 0; y < out_height; ++y)
    kernels.sumRows(rows.data(), row_bytes, row_bytes, vertical, y,
                    target.data() + static_cast<std::size_t>(y) * row_bytes);
  return target;
}

TEST(ResizeKernels, GiveTheSameBytesOnEveryProcessor) {
  std::mt19937 random(11);
  for (unsigned round = 0; round < 200; ++round) {
    const int width = 1 + static_cast<int>(random() % 90), height = 1 + static_cast<int>(random() % 90);
    const int out_width = 1 + static_cast<int>(random() % 60),
              out_height = 1 + static_cast<int>(random() % 60);
    const Bytes source = noise(static_cast<std::size_t>(width * height * 3) + 5, round);
    const bool mirrored = round % 2 == 1;
    const auto arithmetic = round % 3 == 0 ? ResizeArithmetic::kTensor : ResizeArithmetic::kPillow;
    ASSERT_EQ(
        resize(resizeKernels(), source, width, height, out_width, out_height, mirrored, arithmetic),
        resize(plainResizeKernels(), source, width, height, out_width, out_height, mirrored, arithmetic))
        << width << " x " << height << " to " << out_width << " x " << out_height;
  }
}

TEST(ResizeKernels, MirrorTheColumns) {
  const Bytes source = noise(40 * 30 * 3 + 5, 3);
  const Bytes straight = resize(resizeKernels(), source, 40, 30, 17, 11, false);
  const Bytes mirrored = resize(resizeKernels(), source, 40, 30, 17, 11, true);
  for (std::size_t y = 0; y < 11; ++y)
    for (std::size_t x = 0; x < 17; ++x)
      for (std::size_t channel = 0; channel < 3; ++channel)
        ASSERT_EQ(mirrored[(y * 17 + x) * 3 + channel], straight[(y * 17 + 16 - x) * 3 + channel]);
}

}  // namespace
}  // namespace torchwing
