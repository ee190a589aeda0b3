#include "core/io/crc_folding.h"

#ifdef __x86_64__

#include <immintrin.h>

namespace torchwing {
namespace {

__attribute__((target("pclmul"))) inline __m128i factorsOf(const FoldingFactors& factors) {
  return _mm_set_epi64x(static_cast<long long>(factors.second_half),
                        static_cast<long long>(factors.first_half));
}

__attribute__((target("pclmul"))) inline __m128i load(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__attribute__((target("pclmul"))) inline __m128i folded(__m128i block, __m128i factors, __m128i next) {
  const __m128i first = _mm_clmulepi64_si128(block, factors, 0x00);
  const __m128i second = _mm_clmulepi64_si128(block, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

}  // namespace

bool canFold(std::size_t size) {
  static const bool has_pclmul = __builtin_cpu_supports("pclmul");
  return has_pclmul && size >= kFoldingLanes * kFoldingBlock;
}

__attribute__((target("pclmul"))) std::size_t foldBlocks(const Folding& folding, std::uint64_t start,
                                                         const std::uint8_t* bytes, std::size_t size,
                                                         std::uint8_t (&block)[kFoldingBlock]) {
  constexpr std::size_t kStride = kFoldingLanes * kFoldingBlock;
  const __m128i by_lanes = factorsOf(folding.by_lanes);
  const __m128i by_block = factorsOf(folding.by_block);

  __m128i lanes[kFoldingLanes];
  for (std::size_t i = 0; i < kFoldingLanes; ++i) lanes[i] = load(bytes + i * kFoldingBlock);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128(static_cast<long long>(start)));
  std::size_t done = kStride;
  for (; size - done >= kStride; done += kStride) {
    for (std::size_t i = 0; i < kFoldingLanes; ++i)
      lanes[i] = folded(lanes[i], by_lanes, load(bytes + done + i * kFoldingBlock));
  }
  __m128i sum = lanes[0];
  for (std::size_t i = 1; i < kFoldingLanes; ++i) sum = folded(sum, by_block, lanes[i]);
  for (; size - done >= kFoldingBlock; done += kFoldingBlock) sum = folded(sum, by_block, load(bytes + done));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(block), sum);
  return done;
}

}  // namespace torchwing

#else

namespace torchwing {

bool canFold(std::size_t) {
  return false;
}

std::size_t foldBlocks(const Folding&, std::uint64_t, const std::uint8_t*, std::size_t,
                       std::uint8_t (&)[kFoldingBlock]) {
  return 0;
}

}  // namespace torchwing

#endif
