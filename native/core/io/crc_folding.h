#pragma once

#include <cstddef>
#include <cstdint>

namespace torchwing {

// Folding: 16 bytes, as a polynomial over GF(2), times x^distance modulo a CRC's polynomial, may be added to
// the 16 bytes that lie `distance` bits further on; the remainder stays the same. Gopal, Ozturk, Guilford and
// others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009; bits in
// reflected order, as zip and xz have them: the lowest bit stands for the highest power.

constexpr std::size_t kFoldingBlock = 16;
constexpr std::size_t kFoldingLanes = 4;

/// What the halves of a block are multiplied by to move on, as 64 reflected bits.
struct FoldingFactors {
  std::uint64_t first_half;
  std::uint64_t second_half;
};

/// The two moves: over all lanes, and by one block.
struct Folding {
  FoldingFactors by_lanes;
  FoldingFactors by_block;
};

/// For the CRC with this reflected polynomial, of the width of `Register`.
template <typename Register>
constexpr Folding makeFolding(Register polynomial) {
  constexpr int kWidth = 8 * sizeof(Register);
  const auto power = [=](int exponent) {
    Register remainder = Register{1} << (kWidth - 1);  // x^0
    for (int i = 0; i < exponent; ++i)
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : Register{0});
    return std::uint64_t{remainder} << (64 - kWidth);
  };
  // One power less than the distance: the product of two reflected factors has one too many.
  const auto factors = [=](int bits) { return FoldingFactors{power(bits + 63), power(bits - 1)}; };
  constexpr int kBlockBits = 8 * kFoldingBlock;
  return {factors(kBlockBits * kFoldingLanes), factors(kBlockBits)};
}

/// Whether `size` bytes can be folded on this processor.
bool canFold(std::size_t size);

/// Folds as many whole blocks as `size` bytes have into one, which has their remainder when a CRC begins with
/// a register of zeros. `start` is the register before the first byte. Returns how many bytes that were.
/// Only where canFold(size).
std::size_t foldBlocks(const Folding& folding, std::uint64_t start, const std::uint8_t* bytes,
                       std::size_t size, std::uint8_t (&block)[kFoldingBlock]);

}  // namespace torchwing
