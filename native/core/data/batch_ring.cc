#include "core/data/batch_ring.h"

#include <algorithm>
#include <cstring>

namespace torchwing {

std::exception_ptr RingSlot::firstFailure(
    const std::function<bool(const std::exception_ptr&)>& counts) const {
  const auto images = static_cast<std::ptrdiff_t>(batch_.indices.size());
  const auto found =
      std::find_if(failures_.begin(), failures_.begin() + images,
                   [&](const std::exception_ptr& failure) { return failure != nullptr && counts(failure); });
  return found == failures_.begin() + images ? nullptr : *found;
}

std::vector<std::int64_t> RingSlot::dropFailed() {
  std::vector<std::int64_t> dropped;
  std::size_t kept = 0;
  for (std::size_t position = 0; position < batch_.indices.size(); ++position) {
    if (failures_[position] != nullptr) {
      dropped.push_back(batch_.indices[position]);
      continue;
    }
    if (kept != position) {
      std::memcpy(imageTarget(kept), imageTarget(position), image_bytes_);
      batch_.indices[kept] = batch_.indices[position];
    }
    ++kept;
  }
  batch_.indices.resize(kept);
  return dropped;
}

}  // namespace torchwing
