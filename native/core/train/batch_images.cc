#include "core/train/batch_images.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>

#include <cstring>

#include "core/data/convert_pixels.h"

namespace torchwing {
namespace {

/// uint8 [N, H, W, 3] through the table into float32 [N, 3, H, W].
void convert(const Batch& batch, const NormalizeTable& table, float* target) {
  const std::int64_t plane = batch.height * batch.width;
  const auto* source = static_cast<const std::uint8_t*>(batch.pixels);
  for (std::int64_t image = 0; image < batch.size; ++image, source += plane * 3, target += plane * 3) {
    convertPixels(source, static_cast<std::size_t>(plane), table, target);
  }
}

at::Tensor copyOf(const void* source, at::IntArrayRef shape, at::ScalarType dtype) {
  at::Tensor copy = at::empty(shape, dtype);
  if (copy.nbytes() > 0) std::memcpy(copy.mutable_data_ptr(), source, copy.nbytes());
  return copy;
}

}  // namespace

at::Tensor batchImages(const Loader& loader, const Batch& batch, at::ScalarType dtype) {
  const std::int64_t shape[] = {batch.size, 3, batch.height, batch.width};
  if (batch.form == BatchForm::kFloat32) return copyOf(batch.pixels, shape, at::kFloat).to(dtype);
  at::Tensor images = at::empty(shape, at::kFloat);
  convert(batch, loader.table(), images.mutable_data_ptr<float>());
  return images.to(dtype);
}

at::Tensor batchLabels(const Batch& batch) {
  return copyOf(batch.labels.data(), batch.size, at::kLong);
}

at::Tensor lookUp(const at::Tensor& bytes, const at::Tensor& table) {
  const at::TensorOptions indices = bytes.options().dtype(at::kInt);
  const at::Tensor entries = bytes.to(at::kInt).mul_(3).add_(at::arange(3, indices));
  return at::index_select(table, 0, entries.flatten()).view(bytes.sizes()).permute({0, 3, 1, 2});
}

}  // namespace torchwing
