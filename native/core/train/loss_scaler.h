#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/model/named_tensor.h"

namespace torchwing {

/// torch.amp.GradScaler with its defaults, by its operators: the loss is multiplied before the backward pass,
/// so that small gradients survive in float16, and gradients are divided again. A step whose gradients
/// overflowed is not made and halves the factor; 2,000 steps without one double it. All of it happens on the
/// device: the host reads nothing. Compute thread.
class LossScaler {
 public:
  static constexpr double kInitialScale = 65536;
  static constexpr double kGrowthFactor = 2;
  static constexpr double kBackoffFactor = 0.5;
  static constexpr std::int64_t kGrowthInterval = 2000;

  explicit LossScaler(at::Device device, std::int64_t growth_interval = kGrowthInterval);

  /// For the backward pass, which is the loss's `scale` times.
  at::Tensor scaled(const at::Tensor& loss) const;
  /// Divides the gradients in place, and sets `found_inf` (float32 [1] on the device) to 1 when one of their
  /// numbers is not finite; never back to 0.
  void unscale(const std::vector<at::Tensor>& gradients, at::Tensor& found_inf) const;
  /// After the step: halves the scale when `found_inf` is 1, or counts a good step. Where `skip` (bool [1] on
  /// the device, undefined for false) is true, nothing changes. Takes no memory, so that a step that has
  /// changed the weights cannot fail here.
  void update(const at::Tensor& found_inf, const at::Tensor& skip = {});

  /// CPU copies: "scale" float32 [1], "growth_tracker" int32 [1], as GradScaler.state_dict() has them.
  StateDict state() const;
  /// Throws Error WEIGHTS_MISMATCH when one is missing or has another form.
  void load(const StateDict& state);

 private:
  std::int64_t growth_interval_;
  at::Tensor scale_;           ///< never another tensor: a recorded step reads and writes it
  at::Tensor growth_tracker_;  ///< likewise
  /// Of before an update that may be skipped.
  at::Tensor kept_scale_, kept_growth_tracker_;
};

}  // namespace torchwing
