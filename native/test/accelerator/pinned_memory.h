#pragma once

#include <ATen/core/CachingHostAllocator.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "test/accelerator/streams.h"

namespace torchwing::simulated {

/// Page-locked host memory, cached as CUDA's host allocator caches it: a freed block is handed out again when
/// every copy that record_event() told of has been made. A block without such a copy is overwritten when it
/// is freed, and all of them when they are handed out, so that a copy that nobody told of brings nonsense.
class PinnedMemory final : public at::HostAllocator {
 public:
  /// Never destroyed.
  static PinnedMemory& instance();

  bool holds(const void* address) const;
  /// Blocks that were asked for and could not come from the cache.
  std::int64_t madeBlocks() const;
  /// Blocks that were asked for since the program began.
  std::int64_t allocations() const;

  c10::DataPtr allocate(std::size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* target, const void* source, std::size_t count) const override {
    default_copy_data(target, source, count);
  }
  bool record_event(void* pointer, void* context, c10::Stream stream) override;
  void empty_cache() override {}
  at::HostStats get_stats() override;
  void reset_accumulated_stats() override {}
  void reset_peak_stats() override {}

 private:
  struct Block {
    std::size_t size = 0;
    bool live = true;
    std::vector<Mark> used_until;
  };

  static void release(void* address);
  void free(void* address);
  /// The block around an address, or end().
  std::map<std::byte*, Block>::iterator find(const void* address);

  mutable std::mutex mutex_;
  std::map<std::byte*, Block> blocks_;
  std::int64_t made_ = 0;
  std::int64_t allocations_ = 0;
};

}  // namespace torchwing::simulated
