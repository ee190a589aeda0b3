#include "core/data/resize_kernels.h"

#include <algorithm>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace torchwing {
namespace {

/// What rounds a sum half up.
std::int32_t half(const ResizeWeights& weights) {
  return 1 << (weights.precision() - 1);
}

std::uint8_t clip8(std::int32_t sum, const ResizeWeights& weights) {
  return static_cast<std::uint8_t>(std::clamp(sum >> weights.precision(), 0, 255));
}

/// Where column `output` of a row goes, in bytes.
std::size_t columnOffset(const ResizeWeights& weights, int output, bool mirrored) {
  return static_cast<std::size_t>(mirrored ? weights.outputs() - 1 - output : output) * 3;
}

void sumColumnsPlain(const std::uint8_t* rows, std::size_t stride, int row_count,
                     const ResizeWeights& weights, bool mirrored, std::uint8_t* target) {
  for (int y = 0; y < row_count; ++y, rows += stride, target += weights.outputs() * 3) {
    for (int x = 0; x < weights.outputs(); ++x) {
      const std::int32_t* values = weights.values(x);
      const std::uint8_t* source = rows + static_cast<std::ptrdiff_t>(weights.start(x)) * 3;
      std::int32_t sums[3] = {half(weights), half(weights), half(weights)};
      for (int i = 0; i < weights.count(x); ++i, source += 3) {
        for (int channel = 0; channel < 3; ++channel) sums[channel] += source[channel] * values[i];
      }
      std::uint8_t* pixel = target + columnOffset(weights, x, mirrored);
      for (int channel = 0; channel < 3; ++channel) pixel[channel] = clip8(sums[channel], weights);
    }
  }
}

/// The bytes from `begin` on of one row.
void sumRowsFrom(std::size_t begin, const std::uint8_t* rows, std::size_t stride, std::size_t bytes,
                 const ResizeWeights& weights, int output, std::uint8_t* target) {
  const std::int32_t* values = weights.values(output);
  rows += static_cast<std::size_t>(weights.start(output)) * stride;
  for (std::size_t x = begin; x < bytes; ++x) {
    std::int32_t sum = half(weights);
    for (int i = 0; i < weights.count(output); ++i) {
      sum += rows[x + static_cast<std::size_t>(i) * stride] * values[i];
    }
    target[x] = clip8(sum, weights);
  }
}

void sumRowsPlain(const std::uint8_t* rows, std::size_t stride, std::size_t bytes,
                  const ResizeWeights& weights, int output, std::uint8_t* target) {
  sumRowsFrom(0, rows, stride, bytes, weights, output, target);
}

#ifdef __x86_64__

// A product of a byte and a 22-bit weight has no fast instruction; of a byte and 11 bits it has: vpmaddwd
// multiplies 16-bit numbers and adds neighbours, so that two weighted inputs cost one instruction for the
// high and one for the low halves of their weights. No sum overflows: the weights of an output add up to
// little more than 2^22 at most, so the sums stay below 255 * 2^22 < 2^30.

/// (high << 11) + low, rounded and shifted down to 0..255.
inline __attribute__((always_inline, target("avx2"))) __m256i combine(__m256i high, __m256i low,
                                                                      __m256i half_up, __m128i precision) {
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, ResizeWeights::kHalfBits), low);
  return _mm256_sra_epi32(_mm256_add_epi32(sum, half_up), precision);
}

inline __m128i load64(const std::uint8_t* bytes) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
}

/// Two rows at a time, one in each half of a register.
__attribute__((target("avx2"))) void sumColumnsAvx2(const std::uint8_t* rows, std::size_t stride,
                                                    int row_count, const ResizeWeights& weights,
                                                    bool mirrored, std::uint8_t* target) {
  const __m256i half_up = _mm256_set1_epi32(half(weights));
  const __m128i precision = _mm_cvtsi32_si128(weights.precision());
  // R0 R1 G0 G1 B0 B1 of two neighbouring pixels, as 16-bit numbers.
  const __m256i pairs_of_channels =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const std::size_t target_stride = static_cast<std::size_t>(weights.outputs()) * 3;
  for (int y = 0; y < row_count; y += 2) {
    const bool two = y + 1 < row_count;
    const std::uint8_t* const upper = rows + static_cast<std::size_t>(y) * stride;
    const std::uint8_t* const lower = two ? upper + stride : upper;
    std::uint8_t* const upper_target = target + static_cast<std::size_t>(y) * target_stride;
    std::uint8_t* const lower_target = two ? upper_target + target_stride : upper_target;
    for (int x = 0; x < weights.outputs(); ++x) {
      const std::int32_t* pair = weights.pairs(x);
      const int count = weights.count(x);
      std::size_t at = static_cast<std::size_t>(weights.start(x)) * 3;
      __m256i high = _mm256_setzero_si256();
      __m256i low = _mm256_setzero_si256();
      for (int i = 0; i < count; i += 2, pair += 2, at += 6) {
        const __m256i bytes =
            _mm256_inserti128_si256(_mm256_castsi128_si256(load64(upper + at)), load64(lower + at), 1);
        const __m256i pixels = _mm256_shuffle_epi8(bytes, pairs_of_channels);
        high = _mm256_add_epi32(high, _mm256_madd_epi16(pixels, _mm256_set1_epi32(pair[0])));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(pixels, _mm256_set1_epi32(pair[1])));
      }
      const __m256i sums = combine(high, low, half_up, precision);
      const __m256i words = _mm256_packs_epi32(sums, sums);
      const __m256i result = _mm256_packus_epi16(words, words);
      const std::int32_t upper_pixel = _mm256_extract_epi32(result, 0);
      const std::int32_t lower_pixel = _mm256_extract_epi32(result, 4);
      const std::size_t offset = columnOffset(weights, x, mirrored);
      std::memcpy(upper_target + offset, &upper_pixel, 3);
      std::memcpy(lower_target + offset, &lower_pixel, 3);
    }
  }
}

/// 16 bytes at a time.
__attribute__((target("avx2"))) void sumRowsAvx2(const std::uint8_t* rows, std::size_t stride,
                                                 std::size_t bytes, const ResizeWeights& weights, int output,
                                                 std::uint8_t* target) {
  const __m256i half_up = _mm256_set1_epi32(half(weights));
  const __m128i precision = _mm_cvtsi32_si128(weights.precision());
  const int count = weights.count(output);
  const std::uint8_t* const first = rows + static_cast<std::size_t>(weights.start(output)) * stride;
  std::size_t x = 0;
  for (; x + 16 <= bytes; x += 16) {
    const std::int32_t* pair = weights.pairs(output);
    const std::uint8_t* row = first + x;
    __m256i high[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    __m256i low[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (int i = 0; i < count; i += 2, pair += 2, row += 2 * stride) {
      // An odd last row is its own neighbour, with weight 0.
      const std::uint8_t* const next = i + 1 < count ? row + stride : row;
      const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row)));
      const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(next)));
      const __m256i high_weights = _mm256_set1_epi32(pair[0]);
      const __m256i low_weights = _mm256_set1_epi32(pair[1]);
      const __m256i values[2] = {_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)};
      for (int half = 0; half < 2; ++half) {
        high[half] = _mm256_add_epi32(high[half], _mm256_madd_epi16(values[half], high_weights));
        low[half] = _mm256_add_epi32(low[half], _mm256_madd_epi16(values[half], low_weights));
      }
    }
    const __m256i words = _mm256_packs_epi32(combine(high[0], low[0], half_up, precision),
                                             combine(high[1], low[1], half_up, precision));
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0b1000);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + x), _mm256_castsi256_si128(packed));
  }
  sumRowsFrom(x, rows, stride, bytes, weights, output, target);
}

#endif

}  // namespace

const ResizeKernels& plainResizeKernels() {
  static constexpr ResizeKernels kPlain{sumColumnsPlain, sumRowsPlain};
  return kPlain;
}

// Chosen at run time, and not by the compiler's target_clones, whose resolvers ThreadSanitizer does not
// survive.
const ResizeKernels& resizeKernels() {
#ifdef __x86_64__
  static constexpr ResizeKernels kAvx2{sumColumnsAvx2, sumRowsAvx2};
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return kAvx2;
#endif
  return plainResizeKernels();
}

}  // namespace torchwing
