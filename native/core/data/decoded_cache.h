#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/data/image.h"

namespace torchwing {

/// Decoded images of a data set that is read again every epoch, within a byte limit. Keeps what comes first
/// and never gives it up for another image: an epoch visits every image once, so replacing would only make
/// misses of hits. Any thread.
class DecodedCache {
 public:
  /// For samples 0 to `samples`. 0 bytes keep nothing.
  DecodedCache(std::size_t samples, std::int64_t byte_limit);

  /// The whole image of a sample, or null.
  std::shared_ptr<const Image> find(std::int64_t sample);
  /// Whether there may be room for another image.
  bool open() const;
  /// Keeps a copy if it fits.
  void keep(std::int64_t sample, const ImageView& image);

  /// Bytes of the pixels that are kept.
  std::int64_t bytes() const;

 private:
  const std::int64_t byte_limit_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Image>> images_;
  std::int64_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace torchwing
