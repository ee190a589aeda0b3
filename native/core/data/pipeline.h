#pragma once

#include <cstddef>
#include <vector>

#include "core/data/batch.h"
#include "core/data/geometry.h"
#include "core/data/resize_weights.h"
#include "core/data/transform_spec.h"

namespace torchwing {

/// A list of transforms, checked once: which size and form its images have, and the table of its per-value
/// tail. Immutable, shared by all workers.
class Pipeline {
 public:
  /// Throws Error INVALID_CONFIG when images would have no fixed size, when toTensor is missing or not
  /// between the pixel transforms and those of floats, or when a number is out of range.
  explicit Pipeline(const std::vector<transform::Spec>& transforms,
                    ResizeArithmetic resize = ResizeArithmetic::kPillow);

  Size outputSize() const noexcept { return output_size_; }
  BatchForm form() const noexcept { return form_; }
  ResizeArithmetic resizeArithmetic() const noexcept { return resize_; }
  /// toTensor and every normalize, per byte value and channel.
  const NormalizeTable& table() const noexcept { return table_; }
  /// Bytes of one image in its batch.
  std::size_t imageBytes() const noexcept;

  const std::vector<transform::Spec>& transforms() const noexcept { return transforms_; }
  /// How many of these, the first ones, work on bytes; toTensor is the next.
  std::size_t pixelTransforms() const noexcept { return pixel_transforms_; }

 private:
  std::vector<transform::Spec> transforms_;
  std::size_t pixel_transforms_ = 0;
  ResizeArithmetic resize_;
  Size output_size_;
  BatchForm form_ = BatchForm::kUint8;
  NormalizeTable table_{};
};

}  // namespace torchwing
