#include "core/train/micro_batches.h"

#include <algorithm>

namespace torchwing {

std::vector<std::int64_t> microBatches(std::int64_t images, std::int64_t micro_batch) {
  if (micro_batch <= 0 || micro_batch >= images) return {images};
  const std::int64_t wanted = (images + micro_batch - 1) / micro_batch;
  const std::int64_t count = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(images / 2, 1));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(count), images / count);
  std::for_each_n(sizes.begin(), images % count, [](std::int64_t& size) { size += 1; });
  return sizes;
}

std::int64_t halvedMicroBatch(std::int64_t images, std::int64_t micro_batch) {
  const std::int64_t half = microBatches(images, micro_batch).front() / 2;
  return half >= 2 ? half : 0;
}

}  // namespace torchwing
