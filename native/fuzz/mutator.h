#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace torchwing::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Draws inputs from a corpus: the files themselves first, then mutations of them. The same corpus and seed
/// give the same sequence on every machine.
class Mutator {
 public:
  /// `corpus` must hold at least one file and outlive the mutator. Inputs stay within `largest` bytes.
  Mutator(const std::vector<Bytes>& corpus, std::uint64_t seed, std::size_t largest);

  const Bytes& next();

 private:
  /// 0 to `count` - 1; 0 for none.
  std::size_t below(std::size_t count);
  void mutate();
  void writeNumber();
  void copyPart(std::span<const std::uint8_t> from);

  const std::vector<Bytes>& corpus_;
  std::mt19937_64 random_;
  std::size_t largest_;
  std::size_t drawn_ = 0;
  Bytes input_;
};

}  // namespace torchwing::fuzz
