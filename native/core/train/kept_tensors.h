#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace torchwing {

/// Copies of some tensors as they were, one flat tensor per dtype, so that keeping many small ones is a few
/// operations. All are on one device. The copies stay where they lie in memory. Compute thread.
class KeptTensors {
 public:
  /// Keeps them as they are.
  explicit KeptTensors(const std::vector<at::Tensor>& tensors);

  /// Keeps the tensors as they are now; where `skip` (bool [1] on their device, undefined for false) is true,
  /// the copies stay. The host does not wait.
  void keepUnless(const at::Tensor& skip);
  /// Puts the copies back into the tensors.
  void restore();

 private:
  struct Group {
    std::vector<at::Tensor> flat_views;  ///< of the tensors themselves
    at::Tensor copy;
  };
  std::vector<Group> groups_;
};

}  // namespace torchwing
