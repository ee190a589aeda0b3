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

  int in_size;
  double scale;
  double filter_scale;
};

std::int32_t pair(std::int32_t first, std::int32_t second) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(first) | static_cast<std::uint32_t>(second)
                                                                           << 16);
}

}  // namespace

ResizeWeights::Range ResizeWeights::inputs(int in_size, int out_size, int first_output, int end_output) {
  const Axis axis(in_size, out_size);
  return {axis.first(first_output), axis.end(end_output - 1)};
}

void ResizeWeights::compute(int in_size, int out_size, int first_output, int count, int origin) {
  const Axis axis(in_size, out_size);
  taps_ = 2 * (static_cast<int>(std::ceil(axis.filter_scale)) + 1);
  starts_.resize(static_cast<std::size_t>(count));
  counts_.resize(static_cast<std::size_t>(count));
  values_.resize(offset(count));
  pairs_.resize(offset(count));
  exact_.resize(static_cast<std::size_t>(taps_));
  for (int i = 0; i < count; ++i) {
    const double center = axis.center(first_output + i);
    const int first = axis.first(first_output + i);
    const int inputs = axis.end(first_output + i) - first;
    double total = 0;
    for (int x = 0; x < inputs; ++x) {
      const double distance = std::abs((x + first - center + 0.5) * (1.0 / axis.filter_scale));
      const double weight = distance < 1.0 ? 1.0 - distance : 0.0;
      exact_[static_cast<std::size_t>(x)] = weight;
      total += weight;
    }
    std::int32_t* values = values_.data() + offset(i);
    for (int x = 0; x < inputs; ++x) {
      const double weight = exact_[static_cast<std::size_t>(x)];
      const double normalized = total != 0.0 ? weight / total : weight;
      values[x] = static_cast<std::int32_t>(0.5 + normalized * (1 << kResizePrecisionBits));
    }
    std::fill(values + inputs, values + taps_, 0);
    constexpr std::int32_t kLowMask = (1 << kHalfBits) - 1;
    std::int32_t* pairs = pairs_.data() + offset(i);
    for (int x = 0; x < taps_; x += 2) {
      pairs[x] = pair(values[x] >> kHalfBits, values[x + 1] >> kHalfBits);
      pairs[x + 1] = pair(values[x] & kLowMask, values[x + 1] & kLowMask);
    }
    starts_[static_cast<std::size_t>(i)] = first - origin;
    counts_[static_cast<std::size_t>(i)] = inputs;
  }
}

}  // namespace torchwing
