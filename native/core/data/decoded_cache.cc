#include "core/data/decoded_cache.h"

#include <cstring>
#include <new>

namespace torchwing {

DecodedCache::DecodedCache(std::size_t samples, std::int64_t byte_limit)
    : byte_limit_(byte_limit), images_(byte_limit > 0 ? samples : 0), full_(byte_limit <= 0) {}

std::shared_ptr<const Image> DecodedCache::find(std::int64_t sample) {
  if (byte_limit_ <= 0) return nullptr;
  const std::lock_guard lock(mutex_);
  return images_[static_cast<std::size_t>(sample)];
}

bool DecodedCache::open() const {
  const std::lock_guard lock(mutex_);
  return !full_;
}

void DecodedCache::keep(std::int64_t sample, const ImageView& image) {
  const std::int64_t bytes = std::int64_t{image.width} * image.height * 3;
  {
    const std::lock_guard lock(mutex_);
    if (full_ || images_[static_cast<std::size_t>(sample)] != nullptr) return;
    if (bytes_ + bytes > byte_limit_) {
      full_ = true;
      return;
    }
    bytes_ += bytes;  // reserved, so that the copy needs no lock
  }
  std::shared_ptr<Image> copy;
  try {
    copy = std::make_shared<Image>();
    copy->reset(image.width, image.height);
  } catch (const std::bad_alloc&) {
    // Nothing depends on what is kept, so it stays at what it has.
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
    full_ = true;
    return;
  }
  for (int y = 0; y < image.height; ++y) std::memcpy(copy->row(y), image.row(y), copy->stride());
  const std::lock_guard lock(mutex_);
  images_[static_cast<std::size_t>(sample)] = std::move(copy);
}

std::int64_t DecodedCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace torchwing
