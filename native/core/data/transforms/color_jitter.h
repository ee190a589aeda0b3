#pragma once

#include <array>
#include <optional>

#include "core/data/counter_rng.h"
#include "core/data/transforms/pixels.h"

namespace torchwing {

/// What ColorJitter changes, in the order of torchvision's numbers for them.
enum class ColorChange { kBrightness, kContrast, kSaturation, kHue };

/// Factors from smallest to largest per ColorChange; nothing where that is left alone.
using ColorRanges = std::array<std::optional<std::array<double, 2>>, 4>;

struct ColorJitterDraw {
  std::array<ColorChange, 4> order{};
  std::array<std::optional<float>, 4> factors;  ///< by ColorChange
};

/// ColorJitter.get_params: a permutation, then a uniform factor in float32 for each change that has a range.
ColorJitterDraw drawColorJitter(const ColorRanges& ranges, CounterRng& rng);

void jitterColor(const Pixels& pixels, const ColorJitterDraw& draw);

}  // namespace torchwing
