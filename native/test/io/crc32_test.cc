#include "core/io/crc32.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "test/io/patternless_bytes.h"

namespace torchwing::test {
namespace {

TEST(Crc32, IsZlibsAtEveryLengthAndAlignment) {
  const std::vector<std::uint8_t> bytes = patternlessBytes(400);
  for (std::size_t begin = 0; begin < 16; ++begin) {
    for (std::size_t size = 0; size + begin <= bytes.size(); ++size) {
      for (const std::uint32_t start : {0U, 0x12345678U}) {
        EXPECT_EQ(crc32(start, bytes.data() + begin, size), crc32_z(start, bytes.data() + begin, size))
            << size << " bytes from " << begin;
      }
    }
  }
}

TEST(Crc32, GoesOnWhereAnotherCallEnded) {
  const std::vector<std::uint8_t> bytes = patternlessBytes(100'003);
  const std::uint32_t whole = crc32(0, bytes.data(), bytes.size());
  EXPECT_EQ(whole, crc32_z(0, bytes.data(), bytes.size()));
  for (const std::size_t cut : {1U, 63U, 64U, 65U, 50'000U}) {
    EXPECT_EQ(crc32(crc32(0, bytes.data(), cut), bytes.data() + cut, bytes.size() - cut), whole) << cut;
  }
}

TEST(Crc32, HasTheCheckValueOfTheStandard) {
  EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926U);
}

}  // namespace
}  // namespace torchwing::test
