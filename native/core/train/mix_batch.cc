#include "core/train/mix_batch.h"

#include <ATen/ops/roll.h>
#include <ATen/ops/zeros.h>

#include <sstream>

#include "core/error.h"

namespace torchwing {
namespace {

void requireShapes(const at::Tensor& images, const at::Tensor& labels, std::int64_t classes) {
  const auto refuse = [](const char* name, const at::Tensor& tensor, const std::string& expected) {
    std::ostringstream text;
    text << "Invalid value for \"" << name << "\": received " << c10::toString(tensor.scalar_type()) << " "
         << tensor.sizes() << ", expected " << expected << ".";
    throw Error("INVALID_ARGUMENT", text.str());
  };
  if (images.dim() != 4 || !images.is_floating_point()) refuse("images", images, "float [N, 3, H, W]");
  const bool indices = labels.dim() == 1 && labels.scalar_type() == at::kLong;
  const bool shares = labels.dim() == 2 && labels.is_floating_point() && labels.size(1) == classes;
  if (!(indices || shares) || labels.size(0) != images.size(0)) {
    const std::string count = std::to_string(images.size(0));
    refuse("labels", labels,
           "int64 [" + count + "] or float [" + count + ", " + std::to_string(classes) + "]");
  }
}

/// torch.nn.functional.one_hot, without its look at the largest index, for which the host would wait.
at::Tensor oneHot(const at::Tensor& labels, std::int64_t classes) {
  return at::zeros({labels.size(0), classes}, labels.options().dtype(at::kFloat))
      .scatter_(1, labels.unsqueeze(1), 1);
}

/// In torchvision's order of operations, so that the last bit is the same.
at::Tensor blend(const at::Tensor& tensor, double lambda) {
  return at::roll(tensor, 1, 0).mul_(1 - lambda).add_(tensor.mul(lambda));
}

at::Tensor mixImages(const MixUp& mix, const at::Tensor& images) {
  return blend(images, mix.lambda);
}

at::Tensor mixImages(const CutMix& mix, const at::Tensor& images) {
  const auto box = [&mix](const at::Tensor& tensor) {
    return tensor.slice(2, mix.top, mix.bottom).slice(3, mix.left, mix.right);
  };
  at::Tensor mixed = images.clone();
  box(mixed).copy_(at::roll(box(images), 1, 0));
  return mixed;
}

}  // namespace

MixedBatch mixBatch(const Mix& mix, const at::Tensor& images, const at::Tensor& labels,
                    std::int64_t classes) {
  requireShapes(images, labels, classes);
  return std::visit(
      [&](const auto& chosen) {
        const at::Tensor shares = labels.dim() == 1 ? oneHot(labels, classes) : labels;
        return MixedBatch{mixImages(chosen, images), blend(shares, chosen.lambda)};
      },
      mix);
}

MixedBatch mixBatch(const MixOptions& options, std::int64_t epoch, std::int64_t step,
                    const at::Tensor& images, const at::Tensor& labels, std::int64_t classes) {
  requireShapes(images, labels, classes);
  return mixBatch(drawMix(options, epoch, step, images.size(2), images.size(3)), images, labels, classes);
}

}  // namespace torchwing
