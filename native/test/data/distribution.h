#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "test/model/fixture.h"

/// Holding draws against torchvision's, of which scripts/golden keeps the empirical distribution.
namespace torchwing::test {

inline constexpr int kDraws = 20'000;

/// Largest difference of two empirical distributions of kDraws draws each that chance exceeds once in a
/// thousand times (Kolmogorov and Smirnov).
inline const double kCritical = 1.95 * std::sqrt(2.0 / kDraws);

/// An upper bound of the largest difference between the distributions of `draws` and of torchvision's draws,
/// which the fixture has at some points only: between two of these each may be anywhere in its range.
inline double largestDifference(std::vector<double> draws, const Json& points) {
  std::sort(draws.begin(), draws.end());
  double largest = 0;
  double own_before = 0, other_before = 0;
  for (const Json& point : points.list()) {
    std::istringstream words(point.text());
    std::string value, below, not_above;
    words >> value >> below >> not_above;
    const auto [first, last] = std::equal_range(draws.begin(), draws.end(), std::stod(value));
    const double own_below = static_cast<double>(first - draws.begin());
    const double own_not_above = static_cast<double>(last - draws.begin());
    largest = std::max({largest, own_below - other_before, std::stod(below) - own_before,
                        std::abs(own_not_above - std::stod(not_above))});
    own_before = own_not_above;
    other_before = std::stod(not_above);
  }
  // Beyond the last point torchwing may still have draws, torchvision has none.
  return std::max(largest, kDraws - own_before) / kDraws;
}

}  // namespace torchwing::test
