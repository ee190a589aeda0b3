#pragma once

#include <cstdint>
#include <vector>

namespace torchwing {

/// The sizes of the parts that a batch of `images` is computed in, none of more than `micro_batch` images, as
/// equal as they can be; `micro_batch` 0: the whole batch. A single image is no part, because BatchNorm
/// normalises by the part: of an odd number of images one part has three.
std::vector<std::int64_t> microBatches(std::int64_t images, std::int64_t micro_batch);

/// Half of the largest part that such a batch has, to try next; 0 when it would be less than two images.
std::int64_t halvedMicroBatch(std::int64_t images, std::int64_t micro_batch);

}  // namespace torchwing
