#include "core/data/beta.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace torchwing {
namespace {

/// In (0, 1): the middles of 2^52 equal parts, so that its logarithm is finite.
double drawOpenUniform(CounterRng& rng) {
  const std::uint64_t high = rng.bits() >> 6;
  return (static_cast<double>((high << 26) | (rng.bits() >> 6)) + 0.5) * 0x1p-52;
}

/// Standard normal, by Box and Muller.
double drawNormal(CounterRng& rng) {
  const double radius = std::sqrt(-2 * std::log(drawOpenUniform(rng)));
  return radius * std::cos(2 * std::numbers::pi * drawOpenUniform(rng));
}

/// The logarithm of a draw from Gamma(shape, 1). Marsaglia and Tsang, "A simple method for generating gamma
/// variables", ACM TOMS 26 (2000), with their boost for a shape below 1; as a logarithm, because the draws of
/// a small shape are smaller than any double.
double drawLogGamma(CounterRng& rng, double shape) {
  if (shape < 1) {
    const double boost = std::log(drawOpenUniform(rng)) / shape;
    return boost + drawLogGamma(rng, shape + 1);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = drawNormal(rng);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double log_v = 3 * std::log(root);
    const double v = root * root * root;
    if (std::log(drawOpenUniform(rng)) < 0.5 * x * x + d * (1 - v + log_v)) return std::log(d) + log_v;
  }
}

}  // namespace

float drawBeta(CounterRng& rng, double alpha) {
  // X / (X + Y) of two gamma variables.
  const double log_x = drawLogGamma(rng, alpha);
  const double log_y = drawLogGamma(rng, alpha);
  const auto value = static_cast<float>(1 / (1 + std::exp(log_y - log_x)));
  // PyTorch's bounds (_sample_dirichlet).
  return std::clamp(value, std::numeric_limits<float>::min(), std::nextafter(1.0F, 0.0F));
}

}  // namespace torchwing
