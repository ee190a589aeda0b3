#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/data/mix.h"

namespace torchwing {

/// Images with the labels that the loss is to see.
struct MixedBatch {
  at::Tensor images;  ///< as they came in: float [N, 3, H, W]
  at::Tensor labels;  ///< float32 [N, classes], the shares of the classes; int64 [N] of what is not mixed
};

/// Mixes each image and its label with the one before it in the batch, the first with the last, by
/// torchvision's arithmetic; a single image with itself. `labels`: int64 [N] class indices, or float
/// [N, classes] of an earlier mix, on the images' device. New tensors; the given ones stay as they are.
/// Throws Error INVALID_ARGUMENT for shapes that do not fit.
MixedBatch mixBatch(const Mix& mix, const at::Tensor& images, const at::Tensor& labels, std::int64_t classes);

/// The same by the draw of this epoch and step; `options` must be enabled.
MixedBatch mixBatch(const MixOptions& options, std::int64_t epoch, std::int64_t step,
                    const at::Tensor& images, const at::Tensor& labels, std::int64_t classes);

}  // namespace torchwing
