#pragma once

#include <c10/core/CachingDeviceAllocator.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "test/accelerator/streams.h"

namespace torchwing::simulated {

/// The device's memory: one memfd mapped twice. Tensors hold addresses of the first mapping, which nobody may
/// read or write, so that a stray access by the host ends the process; the device's own work goes through the
/// second. Blocks are cached as CUDA's allocator caches them: a freed one is used again by the stream that it
/// was allocated on, once every stream that recordStream() named has come past the moment of the release. A
/// freed block is overwritten, in the order of its stream, so that work which uses it too late computes
/// nonsense.
class Memory final : public c10::DeviceAllocator {
 public:
  static constexpr std::size_t kCapacity = std::size_t{4} << 30;  // address space; pages come when touched

  /// Never destroyed.
  static Memory& instance();

  /// The readable address of a device address.
  void* alias(const void* address) const;

  /// What this stream allocates from here on comes from memory that nothing else uses, not even when it is
  /// free again, until endPool(): as a CUDA graph's.
  void beginPool(c10::StreamId stream);
  void endPool();

  /// A smaller device: OutOfMemoryError beyond it. kCapacity is the largest.
  void setLimit(std::size_t bytes);

  /// OutOfMemoryError at one allocation from here on, the first being 1; 0 takes it back.
  void failAt(std::int64_t allocation);
  /// Allocations made since the program began.
  std::int64_t allocations();

  c10::DataPtr allocate(std::size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* target, const void* source, std::size_t count) const override;

  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t pool = {0, 0}) override;
  void recordStream(const c10::DataPtr& pointer, c10::Stream stream) override;
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex device) override;
  void resetAccumulatedStats(c10::DeviceIndex device) override;
  void resetPeakStats(c10::DeviceIndex device) override;
  /// Free and total, in bytes.
  std::pair<std::size_t, std::size_t> getMemoryInfo(c10::DeviceIndex device) override;

 private:
  struct Block {
    std::size_t offset = 0;
    std::size_t size = 0;
    c10::StreamId stream = 0;
    int pool = 0;                     ///< 0: the common one
    std::set<c10::StreamId> used_on;  ///< other streams
  };
  /// A freed block that other streams may still use.
  struct Pending {
    Block block;
    std::vector<Mark> until;
  };
  /// Blocks of one kind are as good as one another.
  struct Kind {
    c10::StreamId stream = 0;
    std::size_t size = 0;
    int pool = 0;
    auto operator<=>(const Kind&) const = default;
  };

  Memory();
  static void release(void* address);
  void free(void* address);
  void collect();
  void cache(const Block& block);
  std::size_t take(const Kind& kind);
  std::size_t cached() const;
  [[noreturn]] void refuse(std::size_t bytes) const;

  std::byte* forbidden_ = nullptr;
  std::byte* readable_ = nullptr;
  std::mutex mutex_;
  std::size_t limit_ = kCapacity;
  std::int64_t until_failure_ = 0;
  std::size_t used_ = 0;                           ///< bytes handed out so far; free ones are in free_
  std::unordered_map<std::size_t, Block> blocks_;  ///< live ones by offset
  std::optional<c10::StreamId> pooled_;            ///< the stream that allocates from pool pools_
  int pools_ = 0;                                  ///< so many were begun
  std::map<Kind, std::vector<std::size_t>> free_;
  std::vector<Pending> pending_;
  c10::CachingDeviceAllocator::DeviceStats stats_;
};

}  // namespace torchwing::simulated
