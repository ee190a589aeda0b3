#pragma once

#include <ATen/core/Tensor.h>

#include "core/data/loader.h"

namespace torchwing {

/// The batch as model input, float [N, 3, H, W] in `dtype` on the CPU: bytes go through the loader's table,
/// floats as they are. A copy, so the batch can be released. Compute thread.
at::Tensor batchImages(const Loader& loader, const Batch& batch, at::ScalarType dtype);

/// The labels, int64 [N]; a copy.
at::Tensor batchLabels(const Batch& batch);

/// What batchImages() does on an accelerator, where a quarter of the bytes cross over: `bytes` uint8
/// [N, H, W, 3] through `table` float32 [256 * 3], on the same device, to float32 [N, 3, H, W]. A lookup, so
/// its bits are those of the CPU's loop on every device.
at::Tensor lookUp(const at::Tensor& bytes, const at::Tensor& table);

}  // namespace torchwing
