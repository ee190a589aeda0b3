#pragma once

#include <string>

#include "core/data/transform_spec.h"

namespace torchwing {

/// Follows the size of the images through a list of transforms, whose numbers it checks.
class SizeTracker {
 public:
  /// Throws Error INVALID_CONFIG, naming the transform and the number, when one is out of range.
  void follow(const transform::Spec& spec);

  /// {0, 0} while it depends on the file.
  Size size() const noexcept { return size_; }

  /// Whether a transform may give images of another size than it got.
  static bool sets(const transform::Spec& spec);

 private:
  Size size_;
};

[[noreturn]] void failTransforms(const std::string& message);

}  // namespace torchwing
