#include "core/io/crc32.h"

#include <zlib.h>

#include "core/io/crc_folding.h"

namespace torchwing {
namespace {

constexpr Folding kFolding = makeFolding<std::uint32_t>(0xEDB88320);

std::uint32_t byTables(std::uint32_t crc, const std::uint8_t* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(crc, bytes, size));
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  if (!canFold(size)) return byTables(crc, at, size);
  std::uint8_t block[kFoldingBlock];
  const std::size_t done = foldBlocks(kFolding, static_cast<std::uint32_t>(~crc), at, size, block);
  // The inverted start takes back zlib's own inversion: the register before the block is zero.
  return byTables(byTables(0xFFFFFFFF, block, sizeof(block)), at + done, size - done);
}

}  // namespace torchwing
