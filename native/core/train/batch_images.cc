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

/// A copy of host memory on `device`. Page-locked on its way to an accelerator, so that this thread goes on
/// while it is copied; LibTorch keeps the page-locked block until the copy has been made.
at::Tensor upload(const void* source, at::IntArrayRef shape, at::ScalarType dtype, at::Device device) {
  at::Tensor staged = at::empty(shape, at::TensorOptions().dtype(dtype).pinned_memory(!device.is_cpu()));
  if (staged.nbytes() > 0) std::memcpy(staged.mutable_data_ptr(), source, staged.nbytes());
  return staged.to(device, dtype, /*non_blocking=*/true);
}

at::Tensor imagesOnCpu(const Loader& loader, const Batch& batch, at::IntArrayRef shape) {
  if (batch.form == BatchForm::kFloat32) return upload(batch.pixels, shape, at::kFloat, at::kCPU);
  at::Tensor images = at::empty(shape, at::kFloat);
  convert(batch, loader.table(), images.mutable_data_ptr<float>());
  return images;
}

}  // namespace

at::Tensor batchImages(const Loader& loader, const Batch& batch, at::Device device, at::ScalarType dtype) {
  const std::int64_t shape[] = {batch.size, 3, batch.height, batch.width};
  at::Tensor images;
  if (device.is_cpu()) {
    images = imagesOnCpu(loader, batch, shape);
  } else if (batch.form == BatchForm::kFloat32) {
    images = upload(batch.pixels, shape, at::kFloat, device);
  } else {
    const NormalizeTable& table = loader.table();
    images = lookUp(upload(batch.pixels, {batch.size, batch.height, batch.width, 3}, at::kByte, device),
                    upload(table.data(), static_cast<std::int64_t>(table.size()), at::kFloat, device));
  }
  return images.to(dtype);
}

at::Tensor batchLabels(const Batch& batch, at::Device device) {
  return upload(batch.labels.data(), batch.size, at::kLong, device);
}

at::Tensor lookUp(const at::Tensor& bytes, const at::Tensor& table) {
  const at::TensorOptions indices = bytes.options().dtype(at::kInt);
  const at::Tensor entries = bytes.to(at::kInt).mul(3).add(at::arange(3, indices));
  return at::index_select(table, 0, entries.flatten()).view(bytes.sizes()).permute({0, 3, 1, 2});
}

}  // namespace torchwing
