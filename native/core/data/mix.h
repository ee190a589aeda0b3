#pragma once

#include <cstdint>
#include <variant>

namespace torchwing {

/// torchvision.transforms.v2.MixUp and CutMix, named as in torchvision's reference scripts: an alpha of 0
/// leaves that one out, and with both each batch gets one of them, equally likely.
struct MixOptions {
  double mixup_alpha = 0;   ///< of Beta(alpha, alpha), >= 0
  double cutmix_alpha = 0;  ///< the same
  std::uint64_t seed = 0;

  bool enabled() const noexcept { return mixup_alpha > 0 || cutmix_alpha > 0; }
};

/// Each image becomes lambda of itself and 1 - lambda of the one before it in the batch.
struct MixUp {
  double lambda = 1;
};

/// Each image gets the rows [top, bottom) and columns [left, right) of the one before it in the batch.
struct CutMix {
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t right = 0;
  std::int64_t bottom = 0;
  double lambda = 1;  ///< the area that is left of the image itself, 0..1
};

using Mix = std::variant<MixUp, CutMix>;

/// The draw of one batch, a pure function of (seed, epoch, step). `options` must be enabled; the sizes are
/// those of the images in pixels.
Mix drawMix(const MixOptions& options, std::int64_t epoch, std::int64_t step, std::int64_t height,
            std::int64_t width);

/// The box of torchvision's CutMix with centre (x, y) and the area 1 - lambda of the image, cut at its edges,
/// which makes lambda the larger.
CutMix makeCutMix(double lambda, std::int64_t x, std::int64_t y, std::int64_t height, std::int64_t width);

}  // namespace torchwing
