#pragma once

#include <cstdint>

namespace torchwing {

/// One value of Pillow's Image.blend (libImaging/Blend.c): in float32, cut to a byte.
class Blend {
 public:
  explicit Blend(double factor) : factor_(static_cast<float>(factor)) {}

  /// Whether the result is the image itself.
  bool isIdentity() const noexcept { return factor_ == 1.0F; }

  std::uint8_t operator()(int degenerate, int image) const noexcept {
    if (factor_ == 0.0F) return static_cast<std::uint8_t>(degenerate);
    const float value = static_cast<float>(degenerate) + factor_ * static_cast<float>(image - degenerate);
    // A blend inside the two needs no clipping, and the clipping changes nothing there.
    if (value <= 0.0F) return 0;
    if (value >= 255.0F) return 255;
    return static_cast<std::uint8_t>(value);
  }

 private:
  float factor_;
};

}  // namespace torchwing
