#pragma once

#include <array>
#include <optional>
#include <variant>

#include "core/data/transforms/affine.h"
#include "core/data/transforms/color_jitter.h"
#include "core/data/transforms/crop_pad.h"

/// The transforms of torchvision that a pipeline can hold, as plain values. lib/data/transforms.ts has the
/// same list; native/binding/transform_spec.cc turns one into the other.
namespace torchwing::transform {

/// From smallest to largest.
using Range = std::array<double, 2>;

/// Shorter side to `height` when `width` is 0 (torchvision's Resize(int)), the longer one to at most
/// `max_size` unless that is 0; else exactly height x width. Bilinear, antialiased.
struct Resize {
  int height = 256;
  int width = 0;
  int max_size = 0;
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
  Range scale{0.08, 1.0};
  Range ratio{3.0 / 4.0, 4.0 / 3.0};
};
struct Pad {
  Padding padding{};
  PaddingMode mode = PaddingMode::kConstant;
  Color fill{};
};
/// Cuts a random height x width out of the padded image.
struct RandomCrop {
  int height = 224;
  int width = 224;
  Padding padding{};
  bool pad_if_needed = false;
  PaddingMode mode = PaddingMode::kConstant;
  Color fill{};
};
struct RandomHorizontalFlip {
  double p = 0.5;
};
struct RandomVerticalFlip {
  double p = 0.5;
};
/// Draws ColorJitter's factors from `ranges`.
struct ColorJitter {
  ColorRanges ranges;
};
/// Turns by an angle drawn from `degrees`; the rest is as in Rotation.
struct RandomRotation {
  Range degrees{};
  Interpolation interpolation = Interpolation::kNearest;
  bool expand = false;
  std::optional<std::array<double, 2>> center = std::nullopt;
  Color fill{};
};
/// Three equal channels.
struct Grayscale {};
struct RandomGrayscale {
  double p = 0.1;
};
struct RandAugment {
  int num_ops = 2;
  int magnitude = 9;  ///< 0 to num_magnitude_bins - 1
  int num_magnitude_bins = 31;
  Interpolation interpolation = Interpolation::kNearest;
  Color fill{};
};
struct TrivialAugmentWide {
  int num_magnitude_bins = 31;
  Interpolation interpolation = Interpolation::kNearest;
  Color fill{};
};
/// uint8 HWC 0..255 to float32 0..1.
struct ToTensor {};
/// (x - mean) / std per channel; only after ToTensor.
struct Normalize {
  std::array<float, 3> mean{};
  std::array<float, 3> std{};
};
/// Overwrites a random rectangle of the floats, with normal noise when there is no value; only after
/// ToTensor.
struct RandomErasing {
  double p = 0.5;
  Range scale{0.02, 0.33};
  Range ratio{0.3, 3.3};
  std::optional<std::array<float, 3>> value = std::array<float, 3>{};
};

using Spec = std::variant<Resize, CenterCrop, RandomResizedCrop, Pad, RandomCrop, RandomHorizontalFlip,
                          RandomVerticalFlip, ColorJitter, RandomRotation, Grayscale, RandomGrayscale,
                          RandAugment, TrivialAugmentWide, ToTensor, Normalize, RandomErasing>;

/// The size that `resize` gives an image.
inline Size resizedBy(const Resize& resize, Size image) {
  return resize.width == 0 ? resizedSize(image, resize.height, resize.max_size)
                           : Size{resize.width, resize.height};
}

}  // namespace torchwing::transform
