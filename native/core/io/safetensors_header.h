#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace torchwing {

/// One tensor of a safetensors file: contiguous, row-major, little-endian, `bytes` long from `begin` on,
/// counted from the end of the header.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
};

struct SafetensorsHeader {
  /// In the order of the header.
  std::vector<SafetensorsEntry> entries;
  std::unordered_map<std::string, std::string> metadata;
};

/// Length of the header as an unsigned little-endian number.
inline constexpr std::uint64_t kSafetensorsLengthBytes = 8;
/// The official library's limit.
inline constexpr std::uint64_t kMostSafetensorsHeaderBytes = 100'000'000;
/// More than any model has; bounds what a hostile header can make us hold.
inline constexpr std::size_t kMostSafetensorsEntries = 100'000;

/// The parsed header of a file with `buffer_bytes` behind it. The tensors tile those exactly: no hole, no
/// overlap, nothing left over; each has as many bytes as its shape and dtype say. Throws Error
/// WEIGHTS_FORMAT, or WEIGHTS_UNSUPPORTED for a dtype that models here do not have.
SafetensorsHeader parseSafetensorsHeader(std::string_view json, std::uint64_t buffer_bytes);

/// "F32" for float32. Throws Error WEIGHTS_UNSUPPORTED for a dtype that weight files do not hold.
std::string_view safetensorsDtypeName(at::ScalarType dtype);

}  // namespace torchwing
