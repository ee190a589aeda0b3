#include "core/io/crc64.h"

#include <array>

#include "core/io/crc_folding.h"
#include "core/io/little_endian.h"

namespace torchwing {
namespace {

constexpr std::uint64_t kPolynomial = 0xC96C5795D7870F42;  // ECMA-182's, its bits in reverse

/// tables[k][b]: what byte b does to the remainder when k more bytes follow it.
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables makeTables() {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t more = 1; more < tables.size(); ++more) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[more - 1][byte];
      tables[more][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = makeTables();

constexpr Folding kFolding = makeFolding(kPolynomial);

/// The register behind `count` bytes, eight at a time.
std::uint64_t byTables(std::uint64_t state, const std::uint8_t* at, std::size_t count) {
  for (; count >= 8; at += 8, count -= 8) {
    state ^= loadLittle<std::uint64_t>(at);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) next ^= kTables[7 - i][(state >> (8 * i)) & 0xFF];
    state = next;
  }
  for (; count > 0; ++at, --count) state = (state >> 8) ^ kTables[0][(state ^ *at) & 0xFF];
  return state;
}

}  // namespace

void Crc64::add(const void* bytes, std::size_t count) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  if (canFold(count)) {
    std::uint8_t block[kFoldingBlock];
    const std::size_t done = foldBlocks(kFolding, state_, at, count, block);
    state_ = byTables(0, block, sizeof(block));
    at += done;
    count -= done;
  }
  state_ = byTables(state_, at, count);
}

}  // namespace torchwing
