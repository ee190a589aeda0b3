#include "test/accelerator/memory.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "test/accelerator/failing_device.h"

namespace torchwing::simulated {
namespace {

/// As CUDA's allocator, whose blocks begin at multiples of 512 bytes.
constexpr std::size_t kGrain = 512;

/// What a freed block holds: NaN in every floating point format, and no class index.
constexpr int kRubble = 0xFF;

std::byte* map(int file, int protection) {
  void* const address = mmap(nullptr, Memory::kCapacity, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
  TORCH_CHECK(address != MAP_FAILED, "simulated device memory: mmap failed");
  return static_cast<std::byte*>(address);
}

}  // namespace

Memory::Memory() {
  const int file = memfd_create("simulated-device", MFD_CLOEXEC);
  TORCH_CHECK(file >= 0 && ftruncate(file, kCapacity) == 0, "simulated device memory: memfd_create failed");
  forbidden_ = map(file, PROT_NONE);
  readable_ = map(file, PROT_READ | PROT_WRITE);
  close(file);
}

Memory& Memory::instance() {
  static auto* const memory = new Memory();
  return *memory;
}

void* Memory::alias(const void* address) const {
  const auto* const place = static_cast<const std::byte*>(address);
  TORCH_CHECK(place >= forbidden_ && place < forbidden_ + kCapacity,
              "not an address of the simulated device");
  return readable_ + (place - forbidden_);
}

void Memory::beginPool(c10::StreamId stream) {
  const std::lock_guard lock(mutex_);
  pooled_ = stream;
  ++pools_;
}

void Memory::endPool() {
  const std::lock_guard lock(mutex_);
  pooled_.reset();
}

void Memory::setLimit(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = std::min(bytes, kCapacity);
}

void Memory::failAt(std::int64_t allocation) {
  const std::lock_guard lock(mutex_);
  until_failure_ = allocation;
}

std::int64_t Memory::allocations() {
  const std::lock_guard lock(mutex_);
  return stats_.allocation[0].allocated;
}

c10::DataPtr Memory::allocate(std::size_t bytes) {
  if (bytes == 0) return {nullptr, device()};
  const std::size_t size = (bytes + kGrain - 1) / kGrain * kGrain;
  const c10::StreamId stream = Streams::instance().current();
  const std::lock_guard lock(mutex_);
  const bool fails = until_failure_ > 0 && --until_failure_ == 0;
  if (fails) refuse(bytes);
  const int pool = pooled_ == stream ? pools_ : 0;
  const std::size_t offset = take({stream, size, pool});
  blocks_[offset] = {offset, size, stream, pool, {}};
  stats_.allocation[0].increase(1);
  stats_.allocated_bytes[0].increase(size);
  void* const address = forbidden_ + offset;
  return {address, address, &release, device()};
}

/// The offset of a block that this stream may use from here on.
std::size_t Memory::take(const Kind& kind) {
  collect();
  const std::size_t size = kind.size;
  std::vector<std::size_t>& offsets = free_[kind];
  if (!offsets.empty()) {
    const std::size_t offset = offsets.back();
    offsets.pop_back();
    return offset;
  }
  if (used_ + size > limit_) refuse(size);
  stats_.reserved_bytes[0].increase(size);
  used_ += size;
  return used_ - size;
}

/// In CUDA's words.
void Memory::refuse(std::size_t bytes) const {
  using c10::CachingAllocator::format_size;
  TORCH_CHECK_WITH(OutOfMemoryError, false, "simulated device out of memory. Tried to allocate ",
                   format_size(bytes), ". GPU 0 has a total capacity of ", format_size(limit_), " of which ",
                   format_size(limit_ - std::min(used_, limit_)),
                   " is free. Of the allocated memory all is allocated by PyTorch.");
}

void Memory::release(void* address) {
  instance().free(address);
}

void Memory::free(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(static_cast<std::size_t>(static_cast<std::byte*>(address) - forbidden_));
  TORCH_INTERNAL_ASSERT(found != blocks_.end());
  if (!found->second.used_on.empty()) FailingDevice::require();
  Block block = std::move(found->second);
  blocks_.erase(found);
  stats_.allocation[0].decrease(1);
  stats_.allocated_bytes[0].decrease(block.size);
  std::vector<Mark> until;
  for (const c10::StreamId stream : block.used_on) until.push_back(markOf(stream));
  if (until.empty()) {
    cache(block);
  } else {
    pending_.push_back({std::move(block), std::move(until)});
  }
}

/// Blocks whose other users are done become free.
void Memory::collect() {
  std::erase_if(pending_, [this](const Pending& pending) {
    const bool over =
        std::all_of(pending.until.begin(), pending.until.end(), [](const Mark& mark) { return mark.done(); });
    if (over) cache(pending.block);
    return over;
  });
}

void Memory::cache(const Block& block) {
  StreamQueue& queue = Streams::instance().queue(block.stream);
  const auto ruin = [place = readable_ + block.offset, size = block.size] {
    std::memset(place, kRubble, size);
  };
  // What is recorded happens at every replay, and a block of the common memory has other users then.
  if (block.pool == 0) {
    queue.enqueueNow(ruin);
  } else {
    queue.enqueue(ruin);
  }
  free_[{block.stream, block.size, block.pool}].push_back(block.offset);
}

void Memory::copy_data(void* target, const void* source, std::size_t count) const {
  queueHere([to = alias(target), from = alias(source), count] { std::memcpy(to, from, count); });
}

void Memory::recordStream(const c10::DataPtr& pointer, c10::Stream stream) {
  if (!pointer) return;
  const std::lock_guard lock(mutex_);
  const auto* const address = static_cast<const std::byte*>(pointer.get());
  const auto found = blocks_.find(static_cast<std::size_t>(address - forbidden_));
  TORCH_CHECK(found != blocks_.end(), "recordStream: not an allocation of the simulated device");
  if (stream.id() != found->second.stream) found->second.used_on.insert(stream.id());
}

std::size_t Memory::cached() const {
  std::size_t bytes = 0;
  for (const auto& [kind, offsets] : free_) bytes += kind.size * offsets.size();
  return bytes;
}

void Memory::emptyCache(c10::MempoolId_t) {
  // Blocks stay where they are; when none is live, the whole memory begins anew.
  Streams::instance().drain();
  const std::lock_guard lock(mutex_);
  collect();
  if (!blocks_.empty()) return;
  stats_.reserved_bytes[0].decrease(used_);
  used_ = 0;
  free_.clear();
}

c10::CachingDeviceAllocator::DeviceStats Memory::getDeviceStats(c10::DeviceIndex) {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Memory::resetAccumulatedStats(c10::DeviceIndex) {
  const std::lock_guard lock(mutex_);
  stats_.allocation[0].reset_accumulated();
  stats_.allocated_bytes[0].reset_accumulated();
  stats_.reserved_bytes[0].reset_accumulated();
}

void Memory::resetPeakStats(c10::DeviceIndex) {
  const std::lock_guard lock(mutex_);
  stats_.allocation[0].reset_peak();
  stats_.allocated_bytes[0].reset_peak();
  stats_.reserved_bytes[0].reset_peak();
}

std::pair<std::size_t, std::size_t> Memory::getMemoryInfo(c10::DeviceIndex) {
  const std::lock_guard lock(mutex_);
  return {limit_ - std::min(limit_, used_), limit_};
}

}  // namespace torchwing::simulated
