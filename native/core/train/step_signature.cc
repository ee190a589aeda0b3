#include "core/train/step_signature.h"

#include <bit>

namespace torchwing {
namespace {

class Signature {
 public:
  void add(std::int64_t number) { numbers_.push_back(number); }
  void add(double number) { add(std::bit_cast<std::int64_t>(number)); }

  void add(const at::Tensor& tensor) {
    add(static_cast<std::int64_t>(tensor.defined()));
    if (!tensor.defined()) return;
    add(std::bit_cast<std::int64_t>(tensor.const_data_ptr()));
    add(static_cast<std::int64_t>(tensor.scalar_type()));
    add(static_cast<std::int64_t>(tensor.device().type()));
    add(static_cast<std::int64_t>(tensor.device().index()));
    add(static_cast<std::int64_t>(tensor.requires_grad()));
    for (const std::int64_t size : tensor.sizes()) add(size);
    for (const std::int64_t stride : tensor.strides()) add(stride);
  }

  StepSignature take() { return std::move(numbers_); }

 private:
  StepSignature numbers_;
};

}  // namespace

StepSignature signatureOf(const ResNet& model, const Sgd& optimizer, const PhaseOptions& options) {
  Signature signature;
  signature.add(static_cast<std::int64_t>(model.layout()));
  signature.add(static_cast<std::int64_t>(model.precision()));
  signature.add(static_cast<std::int64_t>(model.trainable()));
  signature.add(static_cast<std::int64_t>(model.frozenBatchNorm()));
  for (const NamedTensor& entry : model.state()) signature.add(entry.tensor);
  for (const at::Tensor& parameter : optimizer.parameters()) signature.add(parameter);
  for (const at::Tensor& buffer : optimizer.buffers()) signature.add(buffer);
  const SgdOptions& sgd = optimizer.options();
  for (const double number : {sgd.momentum, sgd.dampening, sgd.weight_decay, options.label_smoothing})
    signature.add(number);
  signature.add(static_cast<std::int64_t>(sgd.nesterov));
  // Made anew by a step on another device, from which the parameters may have come back to where they were.
  signature.add(optimizer.rate());
  signature.add(std::bit_cast<std::int64_t>(options.scaler));
  return signature.take();
}

}  // namespace torchwing
