#include "core/train/batch_images.h"

#include <ATen/ops/empty.h>

#include <cstring>

namespace torchwing {
namespace {

/// uint8 [N, H, W, 3] through the table into float32 [N, 3, H, W].
void convert(const Batch& batch, const NormalizeTable& table, float* target) {
  const std::int64_t plane = batch.height * batch.width;
  const auto* source = static_cast<const std::uint8_t*>(batch.pixels);
  for (std::int64_t image = 0; image < batch.size; ++image, source += plane * 3, target += plane * 3) {
    for (std::int64_t i = 0; i < plane; ++i) {
      for (std::int64_t channel = 0; channel < 3; ++channel) {
        target[channel * plane + i] = table[static_cast<std::size_t>(source[i * 3 + channel] * 3 + channel)];
      }
    }
  }
}

}  // namespace

at::Tensor batchImages(const Loader& loader, const Batch& batch, at::Device device, at::ScalarType dtype) {
  at::Tensor images = at::empty({batch.size, 3, batch.height, batch.width}, at::kFloat);
  float* target = images.mutable_data_ptr<float>();
  if (batch.form == BatchForm::kUint8) {
    convert(batch, loader.table(), target);
  } else {
    std::memcpy(target, batch.pixels, static_cast<std::size_t>(images.numel()) * sizeof(float));
  }
  return images.to(at::TensorOptions().device(device).dtype(dtype));
}

at::Tensor batchLabels(const Batch& batch, at::Device device) {
  at::Tensor labels = at::empty({batch.size}, at::kLong);
  std::memcpy(labels.mutable_data_ptr(), batch.labels.data(), batch.labels.size() * sizeof(std::int64_t));
  return labels.to(device);
}

}  // namespace torchwing
