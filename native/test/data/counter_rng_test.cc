#include "core/data/counter_rng.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "core/data/order.h"

namespace torchwing {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers of Random123's own test vectors (kat_vectors, philox4x32 10).
TEST(CounterRng, EqualsTheReferenceFunction) {
  EXPECT_EQ(CounterRng::philox({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(CounterRng::philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(CounterRng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRng, EachPartOfTheKeyGivesAnotherStream) {
  std::set<std::uint32_t> first;
  first.insert(CounterRng(1, 0, 0, 0).bits());
  first.insert(CounterRng(2, 0, 0, 0).bits());
  first.insert(CounterRng(1ULL << 32, 0, 0, 0).bits());
  first.insert(CounterRng(1, 1, 0, 0).bits());
  first.insert(CounterRng(1, 0, 1, 0).bits());
  first.insert(CounterRng(1, 0, 0, 1).bits());
  EXPECT_EQ(first.size(), 6U);
  EXPECT_EQ(CounterRng(1, 2, 3, 4).bits(), CounterRng(1, 2, 3, 4).bits());
}

TEST(CounterRng, UniformStaysInItsRangeWithTheRightMean) {
  CounterRng rng(7, 0, 0, 0);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const float value = rng.uniform(-2.0F, 6.0F);
    ASSERT_GE(value, -2.0F);
    ASSERT_LT(value, 6.0F);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 2.0, 0.03);
}

TEST(CounterRng, BelowIsUniform) {
  CounterRng rng(7, 0, 0, 0);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts.at(rng.below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rng.below(1), 0U);
}

TEST(EpochOrder, IsAPermutationThatSeedAndEpochDecide) {
  const auto order = epochOrder(5, 3, 1000, true);
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 1000U);
  EXPECT_EQ(order, epochOrder(5, 3, 1000, true));
  EXPECT_NE(order, epochOrder(5, 4, 1000, true));
  EXPECT_NE(order, epochOrder(6, 3, 1000, true));
  const auto plain = epochOrder(5, 3, 4, false);
  EXPECT_EQ(plain, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace torchwing
