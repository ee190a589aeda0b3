#pragma once

#include <array>
#include <cstdint>

namespace torchwing {

/// What a stream of draws is for; part of its key, so that one transform's draws never move another's.
/// Transforms use kFirstTransform plus their position in the pipeline.
enum RandomOperation : std::uint32_t { kOrder = 0, kMix = 1, kFirstTransform = 16 };

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a counter-based
/// generator. The draws are a pure function of (seed, epoch, index, operation), whichever thread makes them
/// and in whatever order.
class CounterRng {
 public:
  CounterRng(std::uint64_t seed, std::uint32_t epoch, std::uint32_t index, std::uint32_t operation) noexcept
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{0, operation, index, epoch} {}

  /// 32 uniform bits.
  std::uint32_t bits() noexcept {
    if (used_ == block_.size()) {
      block_ = philox(counter_, key_);
      counter_[0] += 1;
      used_ = 0;
    }
    return block_[used_++];
  }

  /// float32 in [0, 1) with 24 random bits, the grid of torch.rand.
  float uniform() noexcept { return static_cast<float>(bits() >> 8) * 0x1p-24F; }

  /// float32 in [from, to), computed as torch.Tensor.uniform_ computes it.
  float uniform(float from, float to) noexcept { return uniform() * (to - from) + from; }

  /// Integer in [0, bound), bound > 0, without modulo bias (Lemire, "Fast random integer generation in an
  /// interval").
  std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{bits()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = -bound % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{bits()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  /// One block of the reference function.
  static std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                             std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t first = 0xD2511F53ULL * counter[0];
      const std::uint64_t second = 0xCD9E8D57ULL * counter[2];
      counter = {
          static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
          static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
      key[0] += 0x9E3779B9U;
      key[1] += 0xBB67AE85U;
    }
    return counter;
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

}  // namespace torchwing
