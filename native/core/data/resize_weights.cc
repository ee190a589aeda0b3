#include "core/data/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace torchwing {
namespace {

/// Where the triangle over one output lies on its axis.
struct Axis {
  Axis(int in_size_, int out_size)
      : in_size(in_size_),
        scale(static_cast<double>(in_size_) / out_size),
        filter_scale(std::max(scale, 1.0)) {}

  double center(int output) const noexcept { return (output + 0.5) * scale; }
  // The triangle's radius is 1, so its support is filter_scale.
  int first(int output) const noexcept {
    return std::max(0, static_cast<int>(center(output) - filter_scale + 0.5));
  }
  int end(int output) const noexcept {
    return std::min(in_size, static_cast<int>(center(output) + filter_scale + 0.5));
  }

  /// The weights of one output, adding up to 1; returns how many.
  int weigh(int output, double* weights) const {
    const int inputs = end(output) - first(output);
    double total = 0;
    for (int x = 0; x < inputs; ++x) {
      const double distance = std::abs((x + first(output) - center(output) + 0.5) * (1.0 / filter_scale));
      weights[x] = distance < 1.0 ? 1.0 - distance : 0.0;
      total += weights[x];
    }
    for (int x = 0; x < inputs && total != 0.0; ++x) weights[x] /= total;
    return inputs;
  }

  int in_size;
  double scale;
  double filter_scale;
};

/// PRECISION_BITS of libImaging/Resample.c for 8-bit images.
constexpr int kPillowPrecision = 32 - 8 - 2;

int tensorPrecision(double largest_weight) {
  int precision = 0;
  while (precision < kPillowPrecision &&
         static_cast<int>(0.5 + largest_weight * (1 << (precision + 1))) < (1 << 15)) {
    ++precision;
  }
  return precision;
}

std::int32_t pair(std::int32_t first, std::int32_t second) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(first) | static_cast<std::uint32_t>(second)
                                                                           << 16);
}

}  // namespace

ResizeWeights::Range ResizeWeights::inputs(int in_size, int out_size, int first_output, int end_output) {
  const Axis axis(in_size, out_size);
  return {axis.first(first_output), axis.end(end_output - 1)};
}

void ResizeWeights::compute(ResizeArithmetic arithmetic, int in_size, int out_size, int first_output,
                            int count, int origin) {
  const Axis axis(in_size, out_size);
  taps_ = 2 * (static_cast<int>(std::ceil(axis.filter_scale)) + 1);
  starts_.resize(static_cast<std::size_t>(count));
  counts_.resize(static_cast<std::size_t>(count));
  values_.resize(offset(count));
  pairs_.resize(offset(count));
  exact_.resize(static_cast<std::size_t>(taps_));
  precision_ = kPillowPrecision;
  if (arithmetic == ResizeArithmetic::kTensor) {
    double largest = 0;  // of the whole axis, whatever part of it is asked for
    for (int output = 0; output < out_size; ++output) {
      const int inputs = axis.weigh(output, exact_.data());
      largest = std::max(largest, *std::max_element(exact_.data(), exact_.data() + inputs));
    }
    precision_ = tensorPrecision(largest);
  }
  constexpr std::int32_t kLowMask = (1 << kHalfBits) - 1;
  for (int i = 0; i < count; ++i) {
    const int inputs = axis.weigh(first_output + i, exact_.data());
    std::int32_t* values = values_.data() + offset(i);
    for (int x = 0; x < inputs; ++x) {
      values[x] = static_cast<std::int32_t>(0.5 + exact_[static_cast<std::size_t>(x)] * (1 << precision_));
    }
    std::fill(values + inputs, values + taps_, 0);
    std::int32_t* pairs = pairs_.data() + offset(i);
    for (int x = 0; x < taps_; x += 2) {
      pairs[x] = pair(values[x] >> kHalfBits, values[x + 1] >> kHalfBits);
      pairs[x + 1] = pair(values[x] & kLowMask, values[x + 1] & kLowMask);
    }
    starts_[static_cast<std::size_t>(i)] = axis.first(first_output + i) - origin;
    counts_[static_cast<std::size_t>(i)] = inputs;
  }
}

}  // namespace torchwing
