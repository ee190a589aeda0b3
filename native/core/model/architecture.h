#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace torchwing {

/// One row of torchvision's ResNet family: what tells its members apart.
struct Architecture {
  const char* name;
  bool bottleneck;                           ///< Bottleneck (1x1, 3x3, 1x1) instead of BasicBlock (3x3, 3x3)
  std::array<std::int64_t, 4> block_counts;  ///< blocks of layer1 to layer4

  /// Channels that a block puts out, per plane.
  std::int64_t expansion() const noexcept { return bottleneck ? 4 : 1; }
};

/// Throws Error INVALID_CONFIG that lists the known names.
const Architecture& findArchitecture(const std::string& name);

}  // namespace torchwing
