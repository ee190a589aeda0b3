#include "core/model/resnet.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>

#include <optional>
#include <utility>

#include "core/error.h"
#include "core/model/architecture.h"
#include "core/model/backbone.h"
#include "core/model/folded_backbone.h"
#include "core/model/initialize.h"
#include "core/model/network.h"
#include "core/model/state.h"

namespace torchwing {
namespace {

void checkClasses(std::int64_t classes) {
  if (classes >= 2) return;
  throw Error("INVALID_CONFIG", "Invalid value for \"model.classes\": received " + std::to_string(classes) +
                                    ", expected an integer >= 2.");
}

void checkDtype(at::ScalarType dtype) {
  if (dtype == at::kFloat || dtype == at::kDouble) return;
  throw Error("INVALID_CONFIG", std::string("Invalid value for \"model.dtype\": received ") +
                                    at::toString(dtype) + ", expected Float or Double.");
}

void checkPrecision(Precision precision, at::ScalarType dtype) {
  if (precision == Precision::kFp32 || dtype == at::kFloat) return;
  throw Error("INVALID_CONFIG", std::string("Invalid value for \"precision\": a model of ") +
                                    at::toString(dtype) + " computes in it, expected fp32.");
}

/// Keeps the tensor's identity, so that an optimizer's handle to a parameter stays good. The kernels of
/// convolutions take `format`.
void moveTensor(at::Tensor& tensor, const at::TensorOptions& options,
                at::MemoryFormat format = at::MemoryFormat::Contiguous) {
  const at::NoGradGuard no_graph;
  const at::Tensor gradient = tensor.grad();
  const at::TensorOptions target = tensor.is_floating_point() ? options : options.dtype(tensor.scalar_type());
  const auto moved = [&](const at::Tensor& source) {
    return source.to(target).contiguous(source.dim() == 4 ? format : at::MemoryFormat::Contiguous);
  };
  tensor.set_data(moved(tensor));
  if (gradient.defined()) tensor.mutable_grad() = moved(gradient);
}

}  // namespace

struct ResNet::Impl {
  explicit Impl(const ResNetOptions& options)
      : architecture(findArchitecture(options.arch)),
        layout(options.layout),
        dtype(options.dtype),
        precision(options.precision) {
    checkClasses(options.classes);
    checkDtype(dtype);
    checkPrecision(precision, dtype);
    network = makeNetwork(architecture, options.classes);
    initializeNetwork(network, options.seed);
    forEachTensor(network, [&](const std::string&, at::Tensor& tensor, TensorKind) {
      moveTensor(tensor, at::TensorOptions().dtype(dtype).device(at::kCPU));
    });
    requireGradients();
  }

  void requireGradients() {
    forEachTensor(network, [&](const std::string&, at::Tensor& tensor, TensorKind kind) {
      if (kind == TensorKind::kBuffer) return;
      const bool head = tensor.is_same(network.fc.weight) || tensor.is_same(network.fc.bias);
      tensor.requires_grad_(head || trainable == Trainable::kAll);
      if (!tensor.requires_grad()) tensor.mutable_grad().reset();
    });
  }

  void checkImages(const at::Tensor& images) const {
    const at::Tensor& weight = network.stem.conv.weight;
    const bool fits = images.dim() == 4 && images.size(0) > 0 && images.size(1) == 3 && images.size(2) > 0 &&
                      images.size(3) > 0 && images.scalar_type() == dtype &&
                      images.device() == weight.device();
    if (fits) return;
    std::string shape;
    for (const std::int64_t size : images.sizes())
      shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    throw Error("INVALID_ARGUMENT", std::string("Invalid value for \"images\": received ") +
                                        at::toString(images.scalar_type()) + " [" + shape + "] on " +
                                        images.device().str() + ", expected " + at::toString(dtype) +
                                        " [N, 3, H, W] on " + weight.device().str() + ".");
  }

  /// Whether BatchNorm below the head normalises by the batch and moves its running buffers.
  bool batchStatistics() const noexcept {
    return training && !(trainable == Trainable::kHead && frozen == FrozenBatchNorm::kEval);
  }

  /// Pooled features [N, F]. With `graph` the caller has recording on, and gradients will flow to the
  /// backbone.
  at::Tensor features(const at::Tensor& images, bool graph) {
    const bool batch_statistics = batchStatistics();
    const bool cast = castType(precision).has_value();
    const bool fast =
        layout == Layout::kFast && dtype == at::kFloat && !cast && images.is_cpu() && at::hasMKLDNN();
    const at::Tensor input = images.contiguous(
        cast && layout == Layout::kFast ? at::MemoryFormat::ChannelsLast : formatOn(images.device()));
    if (batch_statistics) {
      folded.reset();
      return backboneFeatures(network, input, {.batch_statistics = true, .blocked = fast});
    }
    // oneDNN has no backward pass of BatchNorm with stored statistics.
    if (!fast || graph) return backboneFeatures(network, input, {});
    if (!folded) {
      const std::int64_t count = pack_for > 0 ? pack_for : images.size(0);
      folded.emplace(network, ImageShape{count, images.size(1), images.size(2), images.size(3)});
    }
    return folded->features(images);
  }

  /// Of weights that are kept on `device`, and of images in float32.
  at::MemoryFormat formatOn(at::Device device) const {
    const bool last = layout == Layout::kFast && dtype == at::kFloat && !device.is_cpu();
    return last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  }

  const Architecture& architecture;
  Layout layout;
  at::ScalarType dtype;
  Precision precision;
  Network network;
  std::optional<FoldedBackbone> folded;  ///< made by the first fast evaluation
  Trainable trainable = Trainable::kAll;
  FrozenBatchNorm frozen = FrozenBatchNorm::kTutorial;
  bool training = true;
  std::int64_t pack_for = 0;
};

ResNet::ResNet(const ResNetOptions& options) : impl_(std::make_unique<Impl>(options)) {}
ResNet::~ResNet() = default;

std::string ResNet::arch() const {
  return impl_->architecture.name;
}
std::int64_t ResNet::classes() const {
  return impl_->network.fc.bias.numel();
}
Layout ResNet::layout() const noexcept {
  return impl_->layout;
}
at::ScalarType ResNet::dtype() const noexcept {
  return impl_->dtype;
}
at::Device ResNet::device() const {
  return impl_->network.fc.weight.device();
}
bool ResNet::training() const noexcept {
  return impl_->training;
}
Precision ResNet::precision() const noexcept {
  return impl_->precision;
}
Trainable ResNet::trainable() const noexcept {
  return impl_->trainable;
}
FrozenBatchNorm ResNet::frozenBatchNorm() const noexcept {
  return impl_->frozen;
}

void ResNet::replaceHead(std::int64_t classes, std::uint64_t seed) {
  checkClasses(classes);
  Linear& fc = impl_->network.fc;
  Linear head = makeLinear(fc.path, fc.weight.size(1), classes);
  initializeLinear(head, seed);
  moveTensor(head.weight, fc.weight.options());
  moveTensor(head.bias, fc.bias.options());
  fc = std::move(head);
  impl_->requireGradients();
}

void ResNet::setTrainable(Trainable trainable, FrozenBatchNorm frozen) {
  impl_->trainable = trainable;
  impl_->frozen = frozen;
  impl_->folded.reset();
  impl_->requireGradients();
}

void ResNet::train(bool on) {
  // Training makes the copy stale, and its memory is better used there.
  if (on) impl_->folded.reset();
  impl_->training = on;
}

at::Tensor ResNet::forward(const at::Tensor& images, bool grad) {
  impl_->checkImages(images);
  const AutocastScope autocast(images.device().type(), castType(impl_->precision));
  at::Tensor features;
  {
    // Under a frozen backbone no activation is kept: the graph begins at the head.
    const at::AutoGradMode graph(grad && impl_->trainable == Trainable::kAll);
    features = impl_->features(images, at::GradMode::is_enabled());
  }
  const at::AutoGradMode graph(grad);
  return at::linear(features, impl_->network.fc.weight, impl_->network.fc.bias).to(impl_->dtype);
}

void ResNet::packFor(std::int64_t batch_size) {
  if (impl_->pack_for != batch_size) impl_->folded.reset();
  impl_->pack_for = batch_size;
}

void ResNet::to(at::Device device) {
  impl_->folded.reset();
  forEachTensor(impl_->network, [&](const std::string&, at::Tensor& tensor, TensorKind) {
    moveTensor(tensor, tensor.options().device(device), impl_->formatOn(device));
  });
}

StateDict ResNet::state() const {
  StateDict state;
  forEachTensor(impl_->network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    state.push_back({name, tensor});
  });
  return state;
}

StateDict ResNet::snapshot() const {
  const at::NoGradGuard no_graph;
  StateDict copy = state();
  for (NamedTensor& entry : copy) {
    entry.tensor = entry.tensor.detach()
                       .to(at::kCPU, entry.tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true)
                       .contiguous();
  }
  return copy;
}

IncompatibleKeys ResNet::load(const StateDict& source, const LoadOptions& options) {
  IncompatibleKeys keys = copyState(impl_->network, source, options);
  impl_->folded.reset();
  return keys;
}

StateDict ResNet::namedParameters() const {
  StateDict parameters;
  forEachTensor(impl_->network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    if (tensor.requires_grad()) parameters.push_back({name, tensor});
  });
  return parameters;
}

std::vector<at::Tensor> ResNet::parameters() const {
  std::vector<at::Tensor> parameters;
  for (const NamedTensor& entry : namedParameters()) parameters.push_back(entry.tensor);
  return parameters;
}

std::vector<at::Tensor> ResNet::buffers() const {
  std::vector<at::Tensor> buffers;
  forEachTensor(impl_->network, [&](const std::string&, at::Tensor& tensor, TensorKind kind) {
    if (kind == TensorKind::kBuffer) buffers.push_back(tensor);
  });
  return buffers;
}

void ResNet::weightsChanged() {
  // Nothing is derived from the head, and with a frozen backbone nothing else can have changed.
  if (impl_->trainable == Trainable::kAll) impl_->folded.reset();
}

}  // namespace torchwing
