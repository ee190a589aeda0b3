#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torchwing {

/// uint8 RGB pixels of somebody else, [height, width, 3], rows `stride` bytes apart.
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::size_t stride = 0;

  const std::uint8_t* row(int y) const noexcept { return pixels + static_cast<std::size_t>(y) * stride; }
  /// The rectangle, which must lie inside.
  ImageView crop(int left, int top, int crop_width, int crop_height) const noexcept {
    return {row(top) + static_cast<std::size_t>(left) * 3, crop_width, crop_height, stride};
  }
};

/// uint8 RGB pixels, [height, width, 3], rows without gaps. reset() keeps the memory, so a reused image
/// allocates only when it has to grow.
class Image {
 public:
  /// Readers may load eight bytes at the last pixel.
  static constexpr std::size_t kPadding = 5;

  void reset(int width, int height) {
    width_ = width;
    height_ = height;
    bytes_.resize(stride() * static_cast<std::size_t>(height) + kPadding);
  }
  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  std::size_t stride() const noexcept { return static_cast<std::size_t>(width_) * 3; }
  std::uint8_t* data() noexcept { return bytes_.data(); }
  std::uint8_t* row(int y) noexcept { return bytes_.data() + stride() * static_cast<std::size_t>(y); }
  ImageView view() const noexcept { return {bytes_.data(), width_, height_, stride()}; }

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace torchwing
