#include "core/device/asked_bytes.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace torchwing {
namespace {

/// Before the number: the caching allocators of the accelerators and the CPU's; CUDA's where a limit of the
/// process is met; cudaMallocAsync's.
constexpr std::array<std::string_view, 3> kBefore = {"ried to allocate", "Requested size", "Requested"};

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array<Unit, 5> kUnits = {
    Unit{"byte", 1}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};

std::string_view withoutBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t:");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// "2.00 GiB and so on".
std::optional<std::int64_t> sizeAtBegin(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit = withoutBlanks(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const auto& [name, bytes] : kUnits) {
    if (!unit.starts_with(name)) continue;
    const double size = number * bytes;
    // Whole numbers beyond it are none in JavaScript, and no memory is so large.
    if (size > 0x1p53) return std::nullopt;
    return static_cast<std::int64_t>(std::llround(size));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> askedBytes(std::string_view message) {
  for (const std::string_view words : kBefore) {
    const std::size_t found = message.find(words);
    if (found == std::string_view::npos) continue;
    const auto size = sizeAtBegin(withoutBlanks(message.substr(found + words.size())));
    if (size) return size;
  }
  return std::nullopt;
}

}  // namespace torchwing
