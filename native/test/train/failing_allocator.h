#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstddef>
#include <limits>
#include <new>

namespace torchwing {

/// LibTorch's CPU allocator while it lives, and one that says no: at the n-th allocation, or at each that is
/// too large. Counts the blocks that are in use.
class FailingAllocator : public c10::Allocator {
 public:
  enum class Way { kCpuError, kAcceleratorError, kBadAlloc };
  static constexpr int kWays = 3;

  FailingAllocator() { c10::SetAllocator(c10::kCPU, this, 1); }
  ~FailingAllocator() override { c10::SetAllocator(c10::kCPU, inner_, 1); }
  FailingAllocator(const FailingAllocator&) = delete;
  FailingAllocator& operator=(const FailingAllocator&) = delete;

  /// The n-th allocation from now on fails, once; 0: none.
  void failAt(std::int64_t nth, Way way = Way::kCpuError) {
    way_ = way;
    seen_ = 0;
    nth_ = nth;
  }
  /// Allocations since then.
  std::int64_t seen() const { return seen_; }
  /// Whether the n-th was reached.
  bool failed() const { return nth_ > 0 && seen_ >= nth_; }
  void failAbove(std::size_t bytes) { largest_ = bytes; }
  static std::int64_t blocksInUse() { return blocks_; }

  c10::DataPtr allocate(std::size_t bytes) override {
    // Nothing is what every allocator can give.
    if (bytes > 0 && ++seen_ == nth_) fail(bytes, way_);
    if (bytes > largest_) fail(bytes, Way::kCpuError);
    c10::DataPtr block = inner_->allocate(bytes);
    void* memory = block.release_context();
    if (memory != nullptr) blocks_ += 1;
    return {memory, memory, &release, c10::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  static void release(void* memory) {
    if (memory == nullptr) return;
    blocks_ -= 1;
    c10::GetDefaultCPUAllocator()->raw_deleter()(memory);
  }

  [[noreturn]] static void fail(std::size_t bytes, Way way) {
    if (way == Way::kBadAlloc) throw std::bad_alloc();
    if (way == Way::kAcceleratorError) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", bytes,
                       " bytes. GPU 0 has a total capacity of 79.11 GiB of which 5.12 MiB is free. Process 1 "
                       "has 79.10 GiB memory in use.");
    }
    TORCH_CHECK(false,
                "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: ",
                "you tried to allocate ", bytes, " bytes. Error code 12 (Cannot allocate memory)");
  }

  static inline std::atomic<std::int64_t> blocks_{0};
  c10::Allocator* const inner_ = c10::GetDefaultCPUAllocator();
  std::atomic<std::int64_t> seen_{0};
  std::int64_t nth_ = 0;
  Way way_ = Way::kCpuError;
  std::size_t largest_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace torchwing
