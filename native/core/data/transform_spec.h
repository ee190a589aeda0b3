#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// The transforms of torchvision that a pipeline can hold, as plain values. lib/data/transforms.ts has the
/// same list; native/binding/transform_spec.cc turns one into the other.
namespace torchwing::transform {

/// Shorter side to `height` when `width` is 0 (torchvision's Resize(int)); else exactly height x width.
/// Bilinear, antialiased.
struct Resize {
  int height = 256;
  int width = 0;
};
struct CenterCrop {
  int height = 224;
  int width = 224;
};
/// Area `scale` and aspect `ratio` ranges as in torchvision: ten tries, log-uniform ratio, then the central
/// fallback.
struct RandomResizedCrop {
  int height = 224;
  int width = 224;
  std::array<double, 2> scale{0.08, 1.0};
  std::array<double, 2> ratio{3.0 / 4.0, 4.0 / 3.0};
};
struct RandomHorizontalFlip {
  double p = 0.5;
};
/// uint8 HWC 0..255 to float32 0..1.
struct ToTensor {};
/// (x - mean) / std per channel; only after ToTensor.
struct Normalize {
  std::array<float, 3> mean{};
  std::array<float, 3> std{};
};

using Spec = std::variant<Resize, CenterCrop, RandomResizedCrop, RandomHorizontalFlip, ToTensor, Normalize>;

}  // namespace torchwing::transform
