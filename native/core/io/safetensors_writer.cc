#include "core/io/safetensors_writer.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_cursor.h"
#include "core/io/little_endian.h"
#include "core/io/safetensors_header.h"
#include "core/io/weight_file.h"

namespace torchwing {
namespace {

constexpr char kMetadata[] = "__metadata__";
/// The header's length is a multiple of it, and so is where the first tensor begins.
constexpr std::size_t kHeaderAlignment = 8;

/// Positions in `tensors` in the order of their bytes in the file.
std::vector<std::size_t> byteOrder(const StateDict& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tensors[a].tensor.element_size() > tensors[b].tensor.element_size();
  });
  return order;
}

std::string numbers(const std::vector<std::uint64_t>& values) {
  std::string text = "[";
  for (const std::uint64_t value : values) text += (text.size() > 1 ? "," : "") + std::to_string(value);
  return text + "]";
}

std::string headerOf(const StateDict& tensors, const std::vector<std::size_t>& order,
                     const std::string& record) {
  std::vector<std::uint64_t> begins(tensors.size());
  std::uint64_t end = 0;
  for (const std::size_t index : order) {
    begins[index] = end;
    end += tensors[index].tensor.nbytes();
  }
  std::string json = "{" + jsonString(kMetadata) + R"(:{"format":"pt")";
  if (!record.empty()) json += "," + jsonString(kRecordName) + ":" + jsonString(record);
  json += "}";
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = tensors[i];
    if (name == kMetadata)
      throw Error("WEIGHTS_UNSUPPORTED", "no tensor of safetensors can be called __metadata__");
    const std::vector<std::uint64_t> shape(tensor.sizes().begin(), tensor.sizes().end());
    json += "," + jsonString(name) + R"(:{"dtype":")" +
            std::string(safetensorsDtypeName(tensor.scalar_type())) + R"(","shape":)" + numbers(shape) +
            R"(,"data_offsets":)" + numbers({begins[i], begins[i] + tensor.nbytes()}) + "}";
  }
  json += "}";
  json.resize((json.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  if (json.size() > kMostSafetensorsHeaderBytes) {
    throw Error("OUTPUT_WRITE", "The header of a safetensors file cannot have more than 100,000,000 bytes.");
  }
  return json;
}

}  // namespace

void writeSafetensors(const std::string& path, const StateDict& tensors, const std::string& record) {
  const std::vector<std::size_t> order = byteOrder(tensors);
  const std::string header = headerOf(tensors, order, record);
  std::string length;
  appendLittle(length, static_cast<std::uint64_t>(header.size()));

  AtomicFile file(path);
  file.write(length.data(), length.size());
  file.write(header.data(), header.size());
  for (const std::size_t index : order) {
    const at::Tensor plain = tensors[index].tensor.detach().cpu().contiguous();
    file.write(plain.const_data_ptr(), plain.nbytes());
  }
  file.commit();
}

}  // namespace torchwing
