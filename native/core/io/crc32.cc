#include "core/io/crc32.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace torchwing {
namespace {

std::uint32_t byTables(std::uint32_t crc, const std::uint8_t* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(crc, bytes, size));
}

#ifdef __x86_64__

// Folding: 16 bytes, as a polynomial over GF(2), times x^distance modulo the CRC's polynomial, may be added
// to the 16 bytes that lie `distance` bits further on; the remainder stays the same. Gopal, Ozturk, Guilford
// and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009; bits in
// reflected order, as zip has them.

constexpr std::size_t kBlock = 16;
constexpr std::size_t kLanes = 4;

/// x^exponent modulo the CRC's polynomial, reflected, and shifted by the one bit that a reflected product is
/// off.
constexpr long long foldingConstant(int exponent) {
  std::uint32_t power = 0x80000000;  // x^0
  for (int i = 0; i < exponent; ++i) power = (power >> 1) ^ ((power & 1) != 0 ? 0xedb88320 : 0);
  return static_cast<long long>(std::uint64_t{power} << 1);
}

/// Two constants for the halves of a block that moves `bits` on.
__attribute__((target("pclmul"))) inline __m128i constantsFor(long long low, long long high) {
  return _mm_set_epi64x(high, low);
}

__attribute__((target("pclmul"))) inline __m128i load(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__attribute__((target("pclmul"))) inline __m128i folded(__m128i block, __m128i constants, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(block, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(block, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// `size` is at least kLanes blocks.
__attribute__((target("pclmul"))) std::uint32_t byFolding(std::uint32_t crc, const std::uint8_t* bytes,
                                                          std::size_t size) {
  constexpr int kLaneBits = 8 * kBlock * kLanes;
  constexpr int kBlockBits = 8 * kBlock;
  constexpr long long kLaneLow = foldingConstant(kLaneBits + 32), kLaneHigh = foldingConstant(kLaneBits - 32);
  constexpr long long kBlockLow = foldingConstant(kBlockBits + 32),
                      kBlockHigh = foldingConstant(kBlockBits - 32);
  const __m128i by_lanes = constantsFor(kLaneLow, kLaneHigh);
  const __m128i by_block = constantsFor(kBlockLow, kBlockHigh);

  __m128i lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load(bytes + i * kBlock);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(~crc)));
  std::size_t done = kLanes * kBlock;
  for (; size - done >= kLanes * kBlock; done += kLanes * kBlock) {
    for (std::size_t i = 0; i < kLanes; ++i)
      lanes[i] = folded(lanes[i], by_lanes, load(bytes + done + i * kBlock));
  }
  __m128i block = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) block = folded(block, by_block, lanes[i]);
  for (; size - done >= kBlock; done += kBlock) block = folded(block, by_block, load(bytes + done));

  // The 16 bytes that are left stand for all before them; the inverted start takes back zlib's own inversion.
  std::uint8_t rest[kBlock];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), block);
  return byTables(byTables(0xffffffff, rest, kBlock), bytes + done, size - done);
}

#endif

}  // namespace

std::uint32_t crc32(std::uint32_t crc, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
#ifdef __x86_64__
  static const bool has_pclmul = __builtin_cpu_supports("pclmul");
  if (has_pclmul && size >= kLanes * kBlock) return byFolding(crc, at, size);
#endif
  return byTables(crc, at, size);
}

}  // namespace torchwing
