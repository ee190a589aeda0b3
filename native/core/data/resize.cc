#include "core/data/resize.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace torchwing {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr std::int32_t kHalf = 1 << (kPrecisionBits - 1);

std::uint8_t clip8(std::int32_t sum) {
  const std::int32_t value = sum >> kPrecisionBits;
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

/// One output pixel as four lanes (R, G, B and a byte that is thrown away): weighted sum of `count` source
/// pixels.
__attribute__((target("sse4.1"))) void sumPixels(const std::uint8_t* source, const std::int32_t* weights,
                                                 int count, std::uint8_t* target) {
  __m128i sum = _mm_set1_epi32(kHalf);
  for (int i = 0; i < count; ++i, source += 3) {
    std::int32_t pixel;
    std::memcpy(&pixel, source, sizeof(pixel));
    const __m128i lanes = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(pixel));
    sum = _mm_add_epi32(sum, _mm_mullo_epi32(lanes, _mm_set1_epi32(weights[i])));
  }
  const __m128i shifted = _mm_srai_epi32(sum, kPrecisionBits);
  const __m128i packed = _mm_packus_epi16(_mm_packs_epi32(shifted, shifted), shifted);
  const std::int32_t bytes = _mm_cvtsi128_si32(packed);
  std::memcpy(target, &bytes, 3);
}

/// A weighted sum of `count` rows of `bytes` bytes each.
inline __attribute__((always_inline)) void sumRowsBody(const std::uint8_t* rows, std::size_t stride,
                                                       const std::int32_t* weights, int count,
                                                       std::size_t bytes, std::int32_t* sums) {
  for (std::size_t x = 0; x < bytes; ++x) sums[x] = kHalf;
  for (int i = 0; i < count; ++i, rows += stride) {
    const std::int32_t weight = weights[i];
    for (std::size_t x = 0; x < bytes; ++x) sums[x] += rows[x] * weight;
  }
}

using SumRows = void (*)(const std::uint8_t*, std::size_t, const std::int32_t*, int, std::size_t,
                         std::int32_t*);

__attribute__((target("avx2"))) void sumRowsAvx2(const std::uint8_t* rows, std::size_t stride,
                                                 const std::int32_t* weights, int count, std::size_t bytes,
                                                 std::int32_t* sums) {
  sumRowsBody(rows, stride, weights, count, bytes, sums);
}

void sumRowsPlain(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights, int count,
                  std::size_t bytes, std::int32_t* sums) {
  sumRowsBody(rows, stride, weights, count, bytes, sums);
}

// Chosen at run time, and not by the compiler's target_clones, whose resolvers ThreadSanitizer does not
// survive.
const SumRows sumRows = __builtin_cpu_supports("avx2") ? sumRowsAvx2 : sumRowsPlain;

/// One axis of a resize: which inputs an output is made of.
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

}  // namespace

Rectangle BilinearResizer::sourceRectangle(Size source, Size full, const Rectangle& window) {
  const Axis horizontal(source.width, full.width);
  const Axis vertical(source.height, full.height);
  const int left = horizontal.first(window.left);
  const int top = vertical.first(window.top);
  return {left, top, horizontal.end(window.right() - 1) - left, vertical.end(window.bottom() - 1) - top};
}

void BilinearResizer::Weights::compute(int in_size, int out_size, int first, int count) {
  const Axis axis(in_size, out_size);
  taps = static_cast<int>(std::ceil(axis.filter_scale)) * 2 + 1;
  starts.resize(static_cast<std::size_t>(count));
  counts.resize(static_cast<std::size_t>(count));
  values.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(taps));
  exact.resize(static_cast<std::size_t>(taps));
  double* weights = exact.data();
  for (int i = 0; i < count; ++i) {
    const double center = axis.center(first + i);
    const int low = axis.first(first + i);
    const int high = axis.end(first + i);
    double total = 0;
    for (int x = 0; x < high - low; ++x) {
      const double distance = std::abs((x + low - center + 0.5) * (1.0 / axis.filter_scale));
      weights[x] = distance < 1.0 ? 1.0 - distance : 0.0;
      total += weights[x];
    }
    std::int32_t* fixed = values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(taps);
    for (int x = 0; x < high - low; ++x) {
      const double normalized = total != 0.0 ? weights[x] / total : weights[x];
      fixed[x] = static_cast<std::int32_t>(0.5 + normalized * (1 << kPrecisionBits));
    }
    starts[static_cast<std::size_t>(i)] = low;
    counts[static_cast<std::size_t>(i)] = high - low;
  }
}

void BilinearResizer::resize(const ImageRegion& source, Size full, const Rectangle& window,
                             std::uint8_t* target, std::size_t stride) {
  horizontal_.compute(source.full.width, full.width, window.left, window.width);
  vertical_.compute(source.full.height, full.height, window.top, window.height);

  // Only the source rows that the window's rows draw on are shrunk in the first pass.
  const auto last = static_cast<std::size_t>(window.height - 1);
  const int first_row = vertical_.starts[0];
  const int row_count = vertical_.starts[last] + vertical_.counts[last] - first_row;
  const std::size_t row_bytes = static_cast<std::size_t>(window.width) * 3;
  rows_.resize(row_bytes * static_cast<std::size_t>(row_count));
  for (int y = 0; y < row_count; ++y) {
    const std::uint8_t* in = source.pixels.row(first_row + y - source.rectangle.top);
    std::uint8_t* out = rows_.data() + row_bytes * static_cast<std::size_t>(y);
    const std::int32_t* weights = horizontal_.values.data();
    for (std::size_t x = 0; x < static_cast<std::size_t>(window.width);
         ++x, out += 3, weights += horizontal_.taps) {
      sumPixels(in + static_cast<std::size_t>(horizontal_.starts[x] - source.rectangle.left) * 3, weights,
                horizontal_.counts[x], out);
    }
  }

  sums_.resize(row_bytes);
  for (int y = 0; y < window.height; ++y) {
    const auto index = static_cast<std::size_t>(y);
    sumRows(rows_.data() + row_bytes * static_cast<std::size_t>(vertical_.starts[index] - first_row),
            row_bytes, vertical_.values.data() + index * static_cast<std::size_t>(vertical_.taps),
            vertical_.counts[index], row_bytes, sums_.data());
    std::transform(sums_.begin(), sums_.end(), target + index * stride, clip8);
  }
}

}  // namespace torchwing
