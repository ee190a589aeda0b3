#include "core/io/safetensors_reader.h"

#include <ATen/ops/empty.h>

#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/io/file_text.h"
#include "core/io/little_endian.h"
#include "core/io/safetensors_header.h"
#include "core/io/storage_source.h"

namespace torchwing {
namespace {

constexpr char kFramework[] = "format";
constexpr char kPyTorch[] = "pt";

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

std::uint64_t headerLength(const InputFile& file) {
  std::uint8_t bytes[kSafetensorsLengthBytes];
  file.read(0, bytes, sizeof(bytes));
  return loadLittle<std::uint64_t>(bytes);
}

at::Tensor readTensor(const InputFile& file, std::uint64_t buffer, const SafetensorsEntry& entry) {
  at::Tensor tensor = at::empty(entry.shape, entry.dtype);
  // Into memory that is aligned whatever the file's offset is.
  if (entry.bytes > 0)
    file.read(buffer + entry.begin, tensor.mutable_data_ptr(), static_cast<std::size_t>(entry.bytes));
  if (entry.dtype == at::kBool) requireBooleans("tensor " + printable(entry.name), tensor);
  return tensor;
}

}  // namespace

bool recognizesSafetensors(const InputFile& file) {
  std::uint8_t head[kSafetensorsLengthBytes + 1];
  if (file.size() < sizeof(head)) return false;
  file.read(0, head, sizeof(head));
  return loadLittle<std::uint64_t>(head) >> 48 == 0 && head[kSafetensorsLengthBytes] == '{';
}

WeightFile readSafetensors(const InputFile& file) {
  const std::uint64_t length = headerLength(file);
  if (length > kMostSafetensorsHeaderBytes) {
    refuse("its header has " + std::to_string(length) + " bytes, expected at most " +
           std::to_string(kMostSafetensorsHeaderBytes));
  }
  const std::uint64_t buffer = kSafetensorsLengthBytes + length;
  if (buffer > file.size()) refuse("it is cut off in its header");
  SafetensorsHeader header;
  {
    std::string json(static_cast<std::size_t>(length), '\0');
    file.read(kSafetensorsLengthBytes, json.data(), json.size());
    header = parseSafetensorsHeader(json, file.size() - buffer);
  }

  WeightFile result;
  result.tensors.reserve(header.entries.size());
  for (SafetensorsEntry& entry : header.entries) {
    at::Tensor tensor = readTensor(file, buffer, entry);
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  if (const auto found = header.metadata.find(kRecordName); found != header.metadata.end()) {
    result.record = found->second;
  }
  if (const auto found = header.metadata.find(kFramework);
      found != header.metadata.end() && found->second != kPyTorch) {
    result.notes.push_back("The file was written for " + printable(found->second) +
                           ", not for PyTorch: its layers may be laid out in another way.");
  }
  return result;
}

}  // namespace torchwing
