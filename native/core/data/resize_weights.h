#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torchwing {

/// Whose bytes a resize gives. Both are bilinear, antialiased when shrinking, with weights that are
/// normalised in double; they differ in how far these are rounded.
enum class ResizeArithmetic {
  /// Pillow's precompute_coeffs and normalize_coeffs_8bpc (libImaging/Resample.c): 22 fraction bits. What
  /// torchvision gives for PIL images.
  kPillow,
  /// ATen's uint8 antialias kernel (aten/src/ATen/native/cpu/UpSampleKernel.cpp,
  /// compute_index_ranges_int16_weights): as many fraction bits as leave the largest weight of the axis in 15
  /// bits.
  /// What torchvision gives for uint8 tensors.
  kTensor,
};

/// One axis of a resize. Keeps its memory between images.
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
  void compute(ResizeArithmetic arithmetic, int in_size, int out_size, int first_output, int count,
               int origin);

  /// Fraction bits of a weight: an output is its sum / 2^precision(), rounded half up.
  int precision() const noexcept { return precision_; }

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

  int precision_ = 0;
  int taps_ = 0;  ///< room for the inputs of one output, even
  std::vector<int> starts_;
  std::vector<int> counts_;
  std::vector<std::int32_t> values_;
  std::vector<std::int32_t> pairs_;
  std::vector<double> exact_;
};

}  // namespace torchwing
