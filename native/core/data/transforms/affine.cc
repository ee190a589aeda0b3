#include "core/data/transforms/affine.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numbers>

namespace torchwing {
namespace {

constexpr double kRadians = std::numbers::pi / 180.0;

void fillWith(const Color& color, const Pixels& target) {
  std::uint8_t* pixel = target.data;
  for (std::size_t i = 0; i < target.count(); ++i, pixel += 3) std::memcpy(pixel, color.data(), 3);
}

/// Toward zero; -1 for what lies before any image or behind.
int pixelAt(double coordinate) {
  return coordinate >= 0.0 && coordinate < 1e9 ? static_cast<int>(coordinate) : -1;
}

bool inside(int value, int size) {
  return value >= 0 && value < size;
}

/// Nearest pixels where rows stay rows and columns columns.
void scaleNearest(const ImageView& source, const AffineMatrix& m, const Pixels& target) {
  double y_in = m[5] + m[4] * 0.5;
  for (int y = 0; y < target.size.height; ++y, y_in += m[4]) {
    const int row = pixelAt(y_in);
    if (!inside(row, source.height)) continue;
    const std::uint8_t* from = source.row(row);
    std::uint8_t* to = target.row(y);
    double x_in = m[2] + m[0] * 0.5;
    for (int x = 0; x < target.size.width; ++x, x_in += m[0], to += 3) {
      const int column = pixelAt(x_in);
      if (inside(column, source.width)) std::memcpy(to, from + static_cast<std::ptrdiff_t>(column) * 3, 3);
    }
  }
}

/// Nearest pixels by adding up steps of type Number, which `toPixel` turns into a row or column.
template <class Number, class ToPixel>
void stepNearest(const ImageView& source, const std::array<Number, 6>& steps, ToPixel toPixel,
                 const Pixels& target) {
  Number row_x = steps[2], row_y = steps[5];
  for (int y = 0; y < target.size.height; ++y, row_x += steps[1], row_y += steps[4]) {
    std::uint8_t* to = target.row(y);
    Number x_in = row_x, y_in = row_y;
    for (int x = 0; x < target.size.width; ++x, x_in += steps[0], y_in += steps[3], to += 3) {
      const int column = toPixel(x_in), row = toPixel(y_in);
      if (inside(column, source.width) && inside(row, source.height)) {
        std::memcpy(to, source.row(row) + static_cast<std::ptrdiff_t>(column) * 3, 3);
      }
    }
  }
}

bool fitsFixedPoint(const AffineMatrix& m, double x, double y) {
  return std::abs(x * m[0] + y * m[1] + m[2]) < 32768.0 && std::abs(x * m[3] + y * m[4] + m[5]) < 32768.0;
}

void transformNearest(const ImageView& source, const AffineMatrix& m, const Pixels& target) {
  if (m[1] == 0.0 && m[3] == 0.0) return scaleNearest(source, m, target);
  const double width = target.size.width, height = target.size.height;
  AffineMatrix from_centers = m;
  from_centers[2] = m[2] + m[0] * 0.5 + m[1] * 0.5;
  from_centers[5] = m[5] + m[3] * 0.5 + m[4] * 0.5;
  if (!(fitsFixedPoint(m, 0, 0) && fitsFixedPoint(m, width, height) && fitsFixedPoint(m, 0, height) &&
        fitsFixedPoint(m, width, 0))) {
    return stepNearest(source, from_centers, pixelAt, target);
  }
  std::array<int, 6> fixed{};
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    fixed[i] = static_cast<int>(std::floor(from_centers[i] * 65536.0 + 0.5));
  }
  stepNearest(
      source, fixed, [](int value) { return value >> 16; }, target);
}

void transformBilinear(const ImageView& source, const AffineMatrix& m, const Pixels& target) {
  const auto between = [](double a, double b, double share) { return a + (b - a) * share; };
  for (int y = 0; y < target.size.height; ++y) {
    std::uint8_t* to = target.row(y);
    const double y_out = y + 0.5;
    for (int x = 0; x < target.size.width; ++x, to += 3) {
      const double x_out = x + 0.5;
      double x_in = m[0] * x_out + m[1] * y_out + m[2];
      double y_in = m[3] * x_out + m[4] * y_out + m[5];
      if (x_in < 0.0 || x_in >= source.width || y_in < 0.0 || y_in >= source.height) continue;
      x_in -= 0.5;
      y_in -= 0.5;
      const int column = static_cast<int>(std::floor(x_in)), row = static_cast<int>(std::floor(y_in));
      const double right_share = x_in - column, lower_share = y_in - row;
      const std::ptrdiff_t left = std::clamp(column, 0, source.width - 1) * std::ptrdiff_t{3};
      const std::ptrdiff_t right = std::clamp(column + 1, 0, source.width - 1) * std::ptrdiff_t{3};
      const std::uint8_t* upper = source.row(std::clamp(row, 0, source.height - 1));
      const std::uint8_t* lower = row + 1 < source.height ? source.row(row + 1) : upper;
      for (int channel = 0; channel < 3; ++channel) {
        const double above = between(upper[left + channel], upper[right + channel], right_share);
        const double below = between(lower[left + channel], lower[right + channel], right_share);
        to[channel] = static_cast<std::uint8_t>(between(above, below, lower_share));
      }
    }
  }
}

/// Python's round(value, 15): the nearest decimal, read back.
double roundTo15Decimals(double value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 15);
  double rounded = value;
  std::from_chars(text, written.ptr, rounded);
  return rounded;
}

/// Python's angle % 360.
double normalizedDegrees(double degrees) {
  const double rest = std::fmod(degrees, 360.0);
  return rest < 0 ? rest + 360.0 : rest;
}

/// 0 to 3 counter-clockwise quarter turns where Pillow moves whole pixels; otherwise nothing.
std::optional<int> quarterTurns(Size image, const Rotation& rotation) {
  const double degrees = normalizedDegrees(rotation.degrees);
  if (rotation.center) return std::nullopt;
  if (degrees == 0.0) return 0;
  if (degrees == 180.0) return 2;
  if ((degrees == 90.0 || degrees == 270.0) && (rotation.expand || image.width == image.height)) {
    return degrees == 90.0 ? 1 : 3;
  }
  return std::nullopt;
}

/// Of what Image.rotate hands to Image.transform.
struct RotationMap {
  AffineMatrix matrix;
  Size size;
};

std::array<double, 2> mapped(const AffineMatrix& m, double x, double y) {
  return {m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]};
}

RotationMap rotationMap(Size image, const Rotation& rotation) {
  const double radians = -(normalizedDegrees(rotation.degrees) * kRadians);
  const double cosine = roundTo15Decimals(std::cos(radians)), sine = roundTo15Decimals(std::sin(radians));
  const double negative_sine = roundTo15Decimals(-std::sin(radians));
  const auto [center_x, center_y] =
      rotation.center.value_or(std::array<double, 2>{image.width / 2.0, image.height / 2.0});
  RotationMap map{{cosine, sine, 0.0, negative_sine, cosine, 0.0}, image};
  AffineMatrix& matrix = map.matrix;
  const auto shift = mapped(matrix, -center_x, -center_y);
  matrix[2] = shift[0] + center_x;
  matrix[5] = shift[1] + center_y;
  if (!rotation.expand) return map;
  const double width = image.width, height = image.height;
  const std::array<std::array<double, 2>, 4> corners{mapped(matrix, 0, 0), mapped(matrix, width, 0),
                                                     mapped(matrix, width, height),
                                                     mapped(matrix, 0, height)};
  const auto extent = [&corners](std::size_t axis) {
    const auto [low, high] =
        std::minmax({corners[0][axis], corners[1][axis], corners[2][axis], corners[3][axis]});
    return static_cast<int>(std::ceil(high)) - static_cast<int>(std::floor(low));
  };
  map.size = {extent(0), extent(1)};
  const auto moved =
      mapped(matrix, -(map.size.width - image.width) / 2.0, -(map.size.height - image.height) / 2.0);
  matrix[2] = moved[0];
  matrix[5] = moved[1];
  return map;
}

void turnQuarters(const ImageView& source, int turns, const Pixels& target) {
  for (int y = 0; y < target.size.height; ++y) {
    std::uint8_t* to = target.row(y);
    for (int x = 0; x < target.size.width; ++x, to += 3) {
      const int column = turns == 0   ? x
                         : turns == 1 ? source.width - 1 - y
                         : turns == 2 ? source.width - 1 - x
                                      : y;
      const int row = turns == 0   ? y
                      : turns == 1 ? x
                      : turns == 2 ? source.height - 1 - y
                                   : source.height - 1 - x;
      std::memcpy(to, source.row(row) + static_cast<std::ptrdiff_t>(column) * 3, 3);
    }
  }
}

}  // namespace

void transformAffine(const ImageView& source, const AffineMatrix& matrix, Interpolation interpolation,
                     const Color& fill, const Pixels& target) {
  fillWith(fill, target);
  if (interpolation == Interpolation::kNearest) {
    transformNearest(source, matrix, target);
  } else {
    transformBilinear(source, matrix, target);
  }
}

Size rotatedSize(Size image, const Rotation& rotation) {
  if (!rotation.expand) return image;
  if (const auto turns = quarterTurns(image, rotation)) {
    return *turns % 2 == 0 ? image : Size{image.height, image.width};
  }
  return rotationMap(image, rotation).size;
}

void rotate(const ImageView& source, const Rotation& rotation, const Pixels& target) {
  const Size size{source.width, source.height};
  if (const auto turns = quarterTurns(size, rotation)) return turnQuarters(source, *turns, target);
  transformAffine(source, rotationMap(size, rotation).matrix, rotation.interpolation, rotation.fill, target);
}

AffineMatrix shearAndShift(const std::array<double, 2>& center, const std::array<double, 2>& shear_degrees,
                           const std::array<int, 2>& shift) {
  // functional._get_inverse_affine_matrix of torchvision with angle 0 and scale 1.
  const double shear_x = shear_degrees[0] * kRadians, shear_y = shear_degrees[1] * kRadians;
  const double a = std::cos(-shear_y) / std::cos(shear_y);
  const double b = -std::cos(-shear_y) * std::tan(shear_x) / std::cos(shear_y) - std::sin(0.0);
  const double c = std::sin(-shear_y) / std::cos(shear_y);
  const double d = -std::sin(-shear_y) * std::tan(shear_x) / std::cos(shear_y) + std::cos(0.0);
  AffineMatrix matrix{d, -b, 0.0, -c, a, 0.0};
  const double x = -center[0] - shift[0], y = -center[1] - shift[1];
  matrix[2] += matrix[0] * x + matrix[1] * y;
  matrix[5] += matrix[3] * x + matrix[4] * y;
  matrix[2] += center[0];
  matrix[5] += center[1];
  return matrix;
}

}  // namespace torchwing
