#include "core/data/decoder_memory.h"

#include <algorithm>
#include <bit>

namespace torchwing {
namespace {

constexpr std::size_t kFirstChunk = std::size_t{256} << 10;
/// An unusually hungry image does not keep its memory for all the usual ones behind it.
constexpr std::size_t kMostKept = std::size_t{64} << 20;

std::size_t roundedUp(std::size_t bytes) noexcept {
  return (bytes + DecoderMemory::kAlignment - 1) / DecoderMemory::kAlignment * DecoderMemory::kAlignment;
}

}  // namespace

void DecoderMemory::begin(std::int64_t byte_limit) noexcept {
  const std::size_t total = held();
  // Several chunks become one, so that the same image again fits without a gap.
  if (count_ > 1 || total > kMostKept) {
    for (Chunk& chunk : chunks_) chunk = {};
    count_ = 0;
    next_chunk_ = total > kMostKept ? kFirstChunk : total;
  }
  for (std::size_t i = 0; i < count_; ++i) chunks_[i].used = 0;
  taken_ = 0;
  limit_ = static_cast<std::size_t>(std::max<std::int64_t>(0, byte_limit));
  limit_passed_ = false;
  system_refused_ = false;
  last_ = nullptr;
}

void* DecoderMemory::take(std::size_t bytes) noexcept {
  const std::size_t left = limit_ - taken_;
  if (bytes > left || roundedUp(bytes) > left) {
    limit_passed_ = true;
    return nullptr;
  }
  bytes = roundedUp(std::max<std::size_t>(bytes, 1));
  if (count_ == 0 || chunks_[count_ - 1].size - chunks_[count_ - 1].used < bytes) {
    if (!addChunk(bytes)) return nullptr;
  }
  Chunk& chunk = chunks_[count_ - 1];
  last_ = chunk.memory.get() + chunk.used;
  chunk.used += bytes;
  taken_ += bytes;
  return last_;
}

void DecoderMemory::giveBack(const void* block) noexcept {
  if (block == nullptr || block != last_) return;
  Chunk& chunk = chunks_[count_ - 1];
  const auto offset = static_cast<std::size_t>(last_ - chunk.memory.get());
  taken_ -= chunk.used - offset;
  chunk.used = offset;
  last_ = nullptr;
}

bool DecoderMemory::addChunk(std::size_t bytes) noexcept {
  if (count_ == chunks_.size()) return false;
  const std::size_t size = std::bit_ceil(std::max({bytes, kFirstChunk, next_chunk_, held()}));
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, size));
  if (memory == nullptr) {
    system_refused_ = true;
    return false;
  }
  chunks_[count_].memory.reset(memory);
  chunks_[count_].size = size;
  chunks_[count_].used = 0;
  count_ += 1;
  next_chunk_ = 0;
  return true;
}

std::size_t DecoderMemory::held() const noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count_; ++i) bytes += chunks_[i].size;
  return bytes;
}

}  // namespace torchwing
