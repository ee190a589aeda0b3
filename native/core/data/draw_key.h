#pragma once

#include <cstdint>

#include "core/data/counter_rng.h"

namespace torchwing {

/// What the random draws of one image are keyed by, besides the position of the transform in its list.
struct DrawKey {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::int64_t index = 0;  ///< of the sample

  /// The generator of the transform at `position`.
  CounterRng generator(std::size_t position) const noexcept {
    return {seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(index),
            kFirstTransform + static_cast<std::uint32_t>(position)};
  }
};

}  // namespace torchwing
