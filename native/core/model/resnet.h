#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/device/precision.h"
#include "core/model/named_tensor.h"
#include "core/model/state.h"

namespace torchwing {

/// kFast lets forward() choose memory layouts (channels_last on an accelerator and in 16 bits, oneDNN's own
/// on the CPU in float32) and fold BatchNorm in evaluation for speed; kStrided keeps PyTorch's plain
/// contiguous kernels. Numbers differ in the last bits, so the layout is part of the run record.
enum class Layout { kFast, kStrided };

/// Which BatchNorm a frozen backbone uses in training: kTutorial keeps batch statistics and lets the running
/// ones drift, as PyTorch's tutorial does; kEval uses and keeps the stored ones.
enum class FrozenBatchNorm { kTutorial, kEval };

enum class Trainable { kAll, kHead };

struct ResNetOptions {
  std::string arch = "resnet18";
  std::int64_t classes = 1000;
  std::uint64_t seed = 0;  ///< as torch.manual_seed(seed) right before torchvision's constructor
  Layout layout = Layout::kFast;
  at::ScalarType dtype = at::kFloat;  ///< kFloat or kDouble (kDouble: initialised in float32, then widened)
  Precision precision = Precision::kFp32;  ///< of the forward pass
};

/// torchvision's ResNet (models/resnet.py): same module names, registration order, shapes and initialisation,
/// bit for bit. All methods run on the compute thread.
class ResNet {
 public:
  /// Throws Error INVALID_CONFIG for an unknown arch or fewer than two classes.
  explicit ResNet(const ResNetOptions& options);
  ~ResNet();

  std::string arch() const;
  std::int64_t classes() const;
  Layout layout() const noexcept;
  at::ScalarType dtype() const noexcept;
  Precision precision() const noexcept;
  at::Device device() const;
  bool training() const noexcept;
  Trainable trainable() const noexcept;
  FrozenBatchNorm frozenBatchNorm() const noexcept;

  /// A fresh Linear(F, classes) over the backbone's F features (512, or 2048 with Bottlenecks), initialised
  /// as torch.manual_seed(seed); torch.nn.Linear(F, classes).
  void replaceHead(std::int64_t classes, std::uint64_t seed);
  /// kHead: only fc.weight and fc.bias require gradients.
  void setTrainable(Trainable trainable, FrozenBatchNorm frozen = FrozenBatchNorm::kTutorial);
  void train(bool on);

  /// images: float [N, 3, H, W] in the model's dtype and device; returns logits [N, classes] in its dtype,
  /// whatever the precision in between: a loss is computed, and a backward pass run, outside of autocast.
  /// With `grad` false no graph is recorded. This is the only forward pass: handles, epochs and predictions
  /// all come through here.
  at::Tensor forward(const at::Tensor& images, bool grad);

  /// How many images the weights of an evaluation are packed for, where forward() makes packed copies; 0, the
  /// default: as many as the first batch has. The packing chooses oneDNN's kernels and so the last bits: with
  /// the number given they do not depend on which batch comes first.
  void packFor(std::int64_t batch_size);

  void to(at::Device device);
  /// Live tensors in registration order (weights, then buffers, module by module, as state_dict() has them).
  StateDict state() const;
  /// Detached contiguous CPU copies of state().
  StateDict snapshot() const;
  /// Copies values in by name; see copyState.
  IncompatibleKeys load(const StateDict& source, const LoadOptions& options = {});
  /// Parameters that require gradients, in registration order.
  std::vector<at::Tensor> parameters() const;
  /// The same under their state_dict keys.
  StateDict namedParameters() const;
  /// Live BatchNorm statistics and counters, in registration order.
  std::vector<at::Tensor> buffers() const;
  /// Must be called after parameters changed in place (an optimizer step), so that folded copies are made
  /// anew.
  void weightsChanged();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torchwing
