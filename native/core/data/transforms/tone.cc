#include "core/data/transforms/tone.h"

#include <algorithm>
#include <numeric>

namespace torchwing {
namespace {

using Histogram = std::array<std::uint64_t, 256>;

Table tableOf(int (*value_of)(int value, double parameter), double parameter) {
  Table table{};
  for (int value = 0; value < 256; ++value) {
    table[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(value_of(value, parameter));
  }
  return table;
}

Table identityTable() {
  return tableOf([](int value, double) { return value; }, 0);
}

/// One table per channel, made from the channel's histogram.
template <class MakeTable>
void applyHistogramTables(const Pixels& pixels, MakeTable makeTable) {
  std::array<Histogram, 3> histograms{};
  std::uint8_t* pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) ++histograms[channel][pixel[channel]];
  }
  std::array<Table, 3> tables{};
  std::transform(histograms.begin(), histograms.end(), tables.begin(), makeTable);
  pixel = pixels.data;
  for (std::size_t i = 0; i < pixels.count(); ++i, pixel += 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) pixel[channel] = tables[channel][pixel[channel]];
  }
}

/// Positions of the first and last value that occurs.
std::array<int, 2> valueRange(const Histogram& histogram) {
  const auto occurs = [](std::uint64_t count) { return count > 0; };
  const auto first = std::find_if(histogram.begin(), histogram.end(), occurs);
  const auto last = std::find_if(histogram.rbegin(), histogram.rend(), occurs);
  return {static_cast<int>(first - histogram.begin()), static_cast<int>(histogram.rend() - last) - 1};
}

Table autocontrastTable(const Histogram& histogram) {
  const auto [low, high] = valueRange(histogram);
  if (high <= low) return identityTable();
  const double scale = 255.0 / (high - low);
  const double offset = -low * scale;
  Table table{};
  for (int value = 0; value < 256; ++value) {
    const int stretched = static_cast<int>(value * scale + offset);
    table[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(std::clamp(stretched, 0, 255));
  }
  return table;
}

Table equalizeTable(const Histogram& histogram) {
  const auto [low, high] = valueRange(histogram);
  const std::uint64_t total = std::accumulate(histogram.begin(), histogram.end(), std::uint64_t{0});
  const std::uint64_t step = low == high ? 0 : (total - histogram[static_cast<std::size_t>(high)]) / 255;
  if (step == 0) return identityTable();
  Table table{};
  std::uint64_t sum = step / 2;
  for (std::size_t value = 0; value < 256; ++value) {
    table[value] = static_cast<std::uint8_t>(std::min<std::uint64_t>(sum / step, 255));
    sum += histogram[value];
  }
  return table;
}

}  // namespace

void applyTable(const Pixels& pixels, const Table& table) {
  std::uint8_t* value = pixels.data;
  for (std::size_t i = 0; i < pixels.count() * 3; ++i) value[i] = table[value[i]];
}

void posterize(const Pixels& pixels, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  applyTable(pixels, tableOf([](int value, double kept) { return value & static_cast<int>(kept); }, mask));
}

void solarize(const Pixels& pixels, double threshold) {
  applyTable(pixels,
             tableOf([](int value, double from) { return value < from ? value : 255 - value; }, threshold));
}

void autocontrast(const Pixels& pixels) {
  applyHistogramTables(pixels, autocontrastTable);
}

void equalize(const Pixels& pixels) {
  applyHistogramTables(pixels, equalizeTable);
}

}  // namespace torchwing
