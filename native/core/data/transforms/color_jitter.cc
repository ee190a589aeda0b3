#include "core/data/transforms/color_jitter.h"

#include <utility>

#include "core/data/transforms/color.h"

namespace torchwing {

ColorJitterDraw drawColorJitter(const ColorRanges& ranges, CounterRng& rng) {
  ColorJitterDraw draw;
  draw.order = {ColorChange::kBrightness, ColorChange::kContrast, ColorChange::kSaturation,
                ColorChange::kHue};
  for (std::size_t left = draw.order.size(); left > 1; --left) {
    std::swap(draw.order[left - 1], draw.order[rng.below(static_cast<std::uint32_t>(left))]);
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (const auto& range = ranges[i]) {
      draw.factors[i] = rng.uniform(static_cast<float>((*range)[0]), static_cast<float>((*range)[1]));
    }
  }
  return draw;
}

void jitterColor(const Pixels& pixels, const ColorJitterDraw& draw) {
  for (const ColorChange change : draw.order) {
    const std::optional<float> factor = draw.factors[static_cast<std::size_t>(change)];
    if (!factor) continue;
    switch (change) {
      case ColorChange::kBrightness:
        adjustBrightness(pixels, *factor);
        break;
      case ColorChange::kContrast:
        adjustContrast(pixels, *factor);
        break;
      case ColorChange::kSaturation:
        adjustSaturation(pixels, *factor);
        break;
      case ColorChange::kHue:
        adjustHue(pixels, *factor);
        break;
    }
  }
}

}  // namespace torchwing
