#include "core/io/safetensors_header.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "core/io/file_text.h"
#include "core/io/json_cursor.h"

namespace torchwing {
namespace {

constexpr std::pair<std::string_view, at::ScalarType> kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"U8", at::kByte},  {"BOOL", at::kBool},
};
/// The format's other dtypes: whole, but not for a model here.
constexpr std::string_view kForeignDtypes[] = {"I16",     "I8",      "U16",         "U32",        "U64",
                                               "F8_E4M3", "F8_E5M2", "F8_E8M0",     "F6_E2M3",    "F6_E3M2",
                                               "F4",      "C64",     "F8_E4M3FNUZ", "F8_E5M2FNUZ"};
constexpr std::size_t kMostDimensions = 8;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

at::ScalarType dtypeNamed(const std::string& dtype, const std::string& name) {
  for (const auto& [text, known] : kDtypes) {
    if (text == dtype) return known;
  }
  if (std::find(std::begin(kForeignDtypes), std::end(kForeignDtypes), dtype) != std::end(kForeignDtypes)) {
    throw Error("WEIGHTS_UNSUPPORTED",
                "its tensor " + printable(name) + " is " + dtype +
                    ", expected float16 to float64, bfloat16, int32, int64, uint8 or bool");
  }
  refuse("its tensor " + printable(name) + " has the unknown dtype " + printable(dtype));
}

std::int64_t signedSize(std::uint64_t size, const std::string& name) {
  if (size > INT64_MAX) refuse("its tensor " + printable(name) + " is too large for any memory");
  return static_cast<std::int64_t>(size);
}

std::vector<std::int64_t> readShape(JsonCursor& json, const std::string& name) {
  std::vector<std::int64_t> shape;
  json.array([&] {
    if (shape.size() == kMostDimensions)
      refuse("its tensor " + printable(name) + " has more than 8 dimensions");
    shape.push_back(signedSize(json.unsignedInteger(), name));
  });
  return shape;
}

/// Bytes that dtype and shape say.
std::uint64_t expectedBytes(const SafetensorsEntry& entry) {
  std::uint64_t bytes = c10::elementSize(entry.dtype);
  for (const std::int64_t size : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
      refuse("its tensor " + printable(entry.name) + " is too large for any memory");
  }
  return bytes;
}

/// Fields outside the format are passed over, as the official library does.
SafetensorsEntry readEntry(JsonCursor& json, const std::string& name) {
  SafetensorsEntry entry;
  entry.name = name;
  bool has_dtype = false, has_shape = false;
  std::vector<std::uint64_t> offsets;
  json.object([&](const std::string& field) {
    if (field == "dtype") {
      entry.dtype = dtypeNamed(json.string(), name);
      has_dtype = true;
    } else if (field == "shape") {
      entry.shape = readShape(json, name);
      has_shape = true;
    } else if (field == "data_offsets") {
      json.array([&] {
        offsets.push_back(json.unsignedInteger());
        if (offsets.size() > 2) refuse("its tensor " + printable(name) + " has more than two data_offsets");
      });
    } else {
      json.skip();
    }
  });
  if (!has_dtype || !has_shape || offsets.size() != 2) {
    refuse("its tensor " + printable(name) + " lacks dtype, shape or two data_offsets");
  }
  if (offsets[1] < offsets[0]) refuse("its tensor " + printable(name) + " ends before it begins");
  entry.begin = offsets[0];
  entry.bytes = offsets[1] - offsets[0];
  if (const std::uint64_t expected = expectedBytes(entry); expected != entry.bytes) {
    refuse("its tensor " + printable(name) + " has " + std::to_string(entry.bytes) + " bytes, expected " +
           std::to_string(expected) + " by its dtype and shape");
  }
  return entry;
}

void requireTiling(const std::vector<SafetensorsEntry>& entries, std::uint64_t buffer_bytes) {
  std::vector<const SafetensorsEntry*> ordered;
  ordered.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
    return std::pair(a->begin, a->bytes) < std::pair(b->begin, b->bytes);
  });
  std::uint64_t end = 0;
  for (const SafetensorsEntry* entry : ordered) {
    if (entry->begin != end) {
      refuse("its tensor " + printable(entry->name) + " begins at byte " + std::to_string(entry->begin) +
             ", expected " + std::to_string(end) + ": tensors may neither overlap nor leave a hole");
    }
    // No overflow: `begin + bytes` is the end that the header gave in 64 bits.
    end += entry->bytes;
  }
  if (end != buffer_bytes) {
    refuse("it has " + std::to_string(buffer_bytes) + " bytes of tensors, expected " + std::to_string(end) +
           (end > buffer_bytes ? ": it is cut off" : ""));
  }
}

}  // namespace

SafetensorsHeader parseSafetensorsHeader(std::string_view json, std::uint64_t buffer_bytes) {
  SafetensorsHeader header;
  JsonCursor cursor(json);
  cursor.object([&](const std::string& key) {
    if (key == "__metadata__") {
      cursor.object([&](const std::string& name) { header.metadata.emplace(name, cursor.string()); });
      return;
    }
    if (header.entries.size() == kMostSafetensorsEntries) refuse("it holds more than 100,000 tensors");
    header.entries.push_back(readEntry(cursor, key));
  });
  cursor.end();
  requireTiling(header.entries, buffer_bytes);
  return header;
}

std::string_view safetensorsDtypeName(at::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes) {
    if (known == dtype) return name;
  }
  throw Error("WEIGHTS_UNSUPPORTED",
              std::string("tensors of dtype ") + c10::toString(dtype) + " cannot be stored in a weight file");
}

}  // namespace torchwing
