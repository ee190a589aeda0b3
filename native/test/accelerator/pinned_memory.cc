#include "test/accelerator/pinned_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "test/accelerator/failing_device.h"

namespace torchwing::simulated {
namespace {

constexpr std::size_t kPage = 4096;
constexpr int kRubble = 0xFF;

}  // namespace

PinnedMemory& PinnedMemory::instance() {
  static auto* const memory = new PinnedMemory();
  return *memory;
}

std::map<std::byte*, PinnedMemory::Block>::iterator PinnedMemory::find(const void* address) {
  auto* const place = static_cast<std::byte*>(const_cast<void*>(address));
  auto after = blocks_.upper_bound(place);
  if (after == blocks_.begin()) return blocks_.end();
  --after;
  return place < after->first + after->second.size ? after : blocks_.end();
}

bool PinnedMemory::holds(const void* address) const {
  const std::lock_guard lock(mutex_);
  const auto found = const_cast<PinnedMemory*>(this)->find(address);
  return found != blocks_.end() && found->second.live;
}

std::int64_t PinnedMemory::madeBlocks() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

std::int64_t PinnedMemory::allocations() const {
  const std::lock_guard lock(mutex_);
  return allocations_;
}

c10::DataPtr PinnedMemory::allocate(std::size_t bytes) {
  if (bytes == 0) return {nullptr, c10::DeviceType::CPU};
  const std::size_t size = (bytes + kPage - 1) / kPage * kPage;
  const std::lock_guard lock(mutex_);
  auto found = std::find_if(blocks_.begin(), blocks_.end(), [size](const auto& entry) {
    const Block& block = entry.second;
    return !block.live && block.size == size &&
           std::all_of(block.used_until.begin(), block.used_until.end(),
                       [](const Mark& mark) { return mark.done(); });
  });
  if (found == blocks_.end()) {
    auto* const address = static_cast<std::byte*>(::operator new (size, std::align_val_t{kPage}));
    found = blocks_.emplace(address, Block{.size = size, .used_until = {}}).first;
    ++made_;
  }
  ++allocations_;
  found->second.live = true;
  found->second.used_until.clear();
  std::memset(found->first, kRubble, size);
  return {found->first, found->first, &release, c10::DeviceType::CPU};
}

void PinnedMemory::release(void* address) {
  instance().free(address);
}

void PinnedMemory::free(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = find(address);
  if (!found->second.used_until.empty()) FailingDevice::require();
  found->second.live = false;
  if (found->second.used_until.empty()) std::memset(found->first, kRubble, found->second.size);
}

bool PinnedMemory::record_event(void* pointer, void*, c10::Stream stream) {
  const std::lock_guard lock(mutex_);
  const auto found = find(pointer);
  if (found == blocks_.end()) return false;
  found->second.used_until.push_back(markOf(stream.id()));
  return true;
}

at::HostStats PinnedMemory::get_stats() {
  const std::lock_guard lock(mutex_);
  at::HostStats stats;
  stats.num_host_alloc = made_;
  for (const auto& [address, block] : blocks_) stats.allocated_bytes.increase(block.size);
  return stats;
}

}  // namespace torchwing::simulated
