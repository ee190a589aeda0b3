#pragma once

#include <cstdint>
#include <vector>

namespace torchwing {

/// The order in which epoch `epoch` visits `count` samples: a Fisher-Yates shuffle drawn from (seed, epoch),
/// or 0, 1, 2, … without `shuffle`. `count` is below 2^32.
std::vector<std::int64_t> epochOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t count,
                                     bool shuffle);

}  // namespace torchwing
