#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torchwing {

/// Pillow's PRECISION_BITS for 8-bit images: the fraction bits of a weight.
inline constexpr int kResizePrecisionBits = 32 - 8 - 2;

/// One axis of a bilinear resize, antialiased when shrinking, as Pillow's precompute_coeffs has it
/// (libImaging/Resample.c): triangle weights normalised in double and rounded to 22-bit integers. Keeps its
/// memory between images.
class ResizeWeights {
 public:
  /// Weights are also held in two halves of at most 16 bits, weight = high << kHalfBits | low.
  static constexpr int kHalfBits = 11;

  struct Range {
    int first = 0;
    int end = 0;
  };
  /// The inputs that outputs `first_output` to `end_output` are made of.
  static Range inputs(int in_size, int out_size, int first_output, int end_output);

  /// For `count` outputs from `first_output` on, of an axis that is resized from `in_size` to `out_size`;
  /// inputs are counted from `origin` on.
  void compute(int in_size, int out_size, int first_output, int count, int origin);

  int outputs() const noexcept { return static_cast<int>(starts_.size()); }
  /// Output i is the sum of inputs start(i) to start(i) + count(i), weighted by values(i)[0 ...].
  int start(int output) const noexcept { return starts_[static_cast<std::size_t>(output)]; }
  int count(int output) const noexcept { return counts_[static_cast<std::size_t>(output)]; }
  const std::int32_t* values(int output) const noexcept { return values_.data() + offset(output); }
  /// The same for two inputs at a time, the last one of an odd count with weight 0: pairs(i)[2 k] holds the
  /// high halves of weights 2 k and 2 k + 1 in its lower and upper 16 bits, pairs(i)[2 k + 1] the low halves.
  const std::int32_t* pairs(int output) const noexcept { return pairs_.data() + offset(output); }

 private:
  std::size_t offset(int output) const noexcept {
    return static_cast<std::size_t>(output) * static_cast<std::size_t>(taps_);
  }

  int taps_ = 0;  ///< room for the inputs of one output, even
  std::vector<int> starts_;
  std::vector<int> counts_;
  std::vector<std::int32_t> values_;
  std::vector<std::int32_t> pairs_;
  std::vector<double> exact_;
};

}  // namespace torchwing
