#include "core/data/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace torchwing {
namespace {

constexpr int kCells = 32;
constexpr int kFrequencies = 8;
/// Of the greatest and the smallest cell, in grey levels.
constexpr double kLeastContrast = 1;

template <int kRows, int kColumns>
using Matrix = std::array<std::array<double, kColumns>, kRows>;

/// First and one-past-last pixel of a cell; at least one pixel, also where cells outnumber pixels.
struct Range {
  int begin;
  int end;
};

Range cellRange(int cell, int size) {
  const int begin = static_cast<int>(std::int64_t{cell} * size / kCells);
  const int end = static_cast<int>(std::int64_t{cell + 1} * size / kCells);
  return {begin, std::max(end, begin + 1)};
}

/// Mean of 0.299 R + 0.587 G + 0.114 B over the cell, from exact sums.
double cellMean(const ImageView& image, Range rows, Range columns) {
  std::array<std::int64_t, 3> sums{};
  for (int y = rows.begin; y < rows.end; ++y) {
    const std::uint8_t* pixel = image.row(y) + std::size_t{3} * static_cast<std::size_t>(columns.begin);
    for (int x = columns.begin; x < columns.end; ++x, pixel += 3) {
      sums[0] += pixel[0];
      sums[1] += pixel[1];
      sums[2] += pixel[2];
    }
  }
  const std::int64_t pixels = std::int64_t{rows.end - rows.begin} * (columns.end - columns.begin);
  return static_cast<double>(299 * sums[0] + 587 * sums[1] + 114 * sums[2]) /
         (1000 * static_cast<double>(pixels));
}

/// cos(pi (2 x + 1) u / 64) for u = 1..8: unscaled, since only the order of the coefficients counts.
const Matrix<kFrequencies, kCells>& cosines() {
  static const Matrix<kFrequencies, kCells> table = [] {
    Matrix<kFrequencies, kCells> made{};
    for (int u = 0; u < kFrequencies; ++u)
      for (int x = 0; x < kCells; ++x)
        made[u][x] = std::cos(std::numbers::pi * (2 * x + 1) * (u + 1) / (2 * kCells));
    return made;
  }();
  return table;
}

}  // namespace

std::optional<std::uint64_t> perceptualHash(const ImageView& image) {
  Matrix<kCells, kCells> cells;
  double least = 255, greatest = 0;
  for (int y = 0; y < kCells; ++y) {
    for (int x = 0; x < kCells; ++x) {
      cells[y][x] = cellMean(image, cellRange(y, image.height), cellRange(x, image.width));
      least = std::min(least, cells[y][x]);
      greatest = std::max(greatest, cells[y][x]);
    }
  }
  if (greatest - least < kLeastContrast) return std::nullopt;

  const auto& cosine = cosines();
  Matrix<kCells, kFrequencies> rows{};
  for (int y = 0; y < kCells; ++y)
    for (int u = 0; u < kFrequencies; ++u)
      for (int x = 0; x < kCells; ++x) rows[y][u] += cells[y][x] * cosine[u][x];
  std::array<double, kFrequencies * kFrequencies> coefficients{};
  for (int v = 0; v < kFrequencies; ++v)
    for (int u = 0; u < kFrequencies; ++u)
      for (int y = 0; y < kCells; ++y) coefficients[v * kFrequencies + u] += rows[y][u] * cosine[v][y];

  auto sorted = coefficients;
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[31] + sorted[32]) / 2;
  std::uint64_t hash = 0;
  for (const double coefficient : coefficients) hash = hash << 1 | (coefficient > median ? 1U : 0U);
  return hash;
}

}  // namespace torchwing
