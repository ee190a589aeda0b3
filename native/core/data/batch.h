#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace torchwing {

/// How a batch holds its pixels. kUint8: [size, height, width, 3] bytes 0..255, flips already applied, to be
/// turned into floats by `table` on the model's device. kFloat32: [size, 3, height, width] floats, final.
enum class BatchForm { kUint8, kFloat32 };

/// The 256 x 3 table of a [toTensor, normalize] tail: table[v * 3 + c] = (v / 255 - mean[c]) / std[c], each
/// operation rounded to float32 as torchvision's two transforms round it.
using NormalizeTable = std::array<float, 256 * 3>;

/// One batch of a ring. The ring owns the memory; it stays valid and unchanged until the batch is released.
struct Batch {
  BatchForm form = BatchForm::kUint8;
  std::int64_t step = 0;  ///< 0-based position in the epoch
  std::int64_t size =
      0;  ///< images in it: the batch size, or fewer in the last batch and after skipped images
  std::int64_t height = 0;
  std::int64_t width = 0;
  void* pixels = nullptr;
  std::vector<std::int64_t> labels;
  std::vector<std::int64_t> indices;  ///< positions in the sample list
};

}  // namespace torchwing
