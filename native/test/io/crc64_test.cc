#include "core/io/crc64.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/io/patternless_bytes.h"

namespace torchwing::test {
namespace {

std::uint64_t crc64(const std::uint8_t* bytes, std::size_t size) {
  Crc64 sum;
  sum.add(bytes, size);
  return sum.value();
}

/// The definition: one bit of the message at a time.
std::uint64_t byDefinition(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t remainder = ~std::uint64_t{0};
  for (std::size_t i = 0; i < 8 * size; ++i) {
    const std::uint64_t bit = (remainder ^ (bytes[i / 8] >> (i % 8))) & 1;
    remainder = (remainder >> 1) ^ (bit != 0 ? 0xC96C5795D7870F42 : 0);
  }
  return ~remainder;
}

TEST(Crc64, IsItsDefinitionAtEveryLengthAndAlignment) {
  const std::vector<std::uint8_t> bytes = patternlessBytes(400);
  for (std::size_t begin = 0; begin < 16; ++begin) {
    for (std::size_t size = 0; size + begin <= bytes.size(); ++size) {
      EXPECT_EQ(crc64(bytes.data() + begin, size), byDefinition(bytes.data() + begin, size))
          << size << " bytes from " << begin;
    }
  }
}

TEST(Crc64, GoesOnWhereAnotherPieceEnded) {
  const std::vector<std::uint8_t> bytes = patternlessBytes(100'003);
  const std::uint64_t whole = byDefinition(bytes.data(), bytes.size());
  for (const std::size_t cut : {0U, 1U, 63U, 64U, 65U, 50'000U}) {
    Crc64 sum;
    sum.add(bytes.data(), cut);
    sum.add(bytes.data() + cut, bytes.size() - cut);
    EXPECT_EQ(sum.value(), whole) << cut;
  }
}

TEST(Crc64, HasTheCheckValueOfXz) {
  EXPECT_EQ(crc64(reinterpret_cast<const std::uint8_t*>("123456789"), 9), 0x995dc9bbdf1939faU);
}

}  // namespace
}  // namespace torchwing::test
