#include "core/data/mix.h"

#include <algorithm>
#include <cmath>

#include "core/data/beta.h"
#include "core/data/counter_rng.h"

namespace torchwing {

Mix drawMix(const MixOptions& options, std::int64_t epoch, std::int64_t step, std::int64_t height,
            std::int64_t width) {
  CounterRng rng(options.seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(step), kMix);
  const bool both = options.mixup_alpha > 0 && options.cutmix_alpha > 0;
  const bool cut = both ? rng.below(2) == 1 : options.cutmix_alpha > 0;
  const double lambda = drawBeta(rng, cut ? options.cutmix_alpha : options.mixup_alpha);
  if (!cut) return MixUp{lambda};
  const std::int64_t x = rng.below(static_cast<std::uint32_t>(width));
  const std::int64_t y = rng.below(static_cast<std::uint32_t>(height));
  return makeCutMix(lambda, x, y, height, width);
}

CutMix makeCutMix(double lambda, std::int64_t x, std::int64_t y, std::int64_t height, std::int64_t width) {
  const double half = 0.5 * std::sqrt(1 - lambda);
  const auto half_width = static_cast<std::int64_t>(half * static_cast<double>(width));
  const auto half_height = static_cast<std::int64_t>(half * static_cast<double>(height));
  CutMix mix;
  mix.left = std::max<std::int64_t>(x - half_width, 0);
  mix.top = std::max<std::int64_t>(y - half_height, 0);
  mix.right = std::min(x + half_width, width);
  mix.bottom = std::min(y + half_height, height);
  const auto box = static_cast<double>((mix.right - mix.left) * (mix.bottom - mix.top));
  mix.lambda = 1 - box / static_cast<double>(width * height);
  return mix;
}

}  // namespace torchwing
