#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "core/io/weight_file.h"

namespace torchwing::fuzz {

/// A file in memory with these bytes, for readers that take a path. Gone with the object.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || write(descriptor_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Reads the first and the last byte that the tensor says it has: here and not in LibTorch, whose code no
/// sanitizer sees.
inline void readEnds(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < tensor.dim(); ++i) last += (tensor.size(i) - 1) * tensor.stride(i);
  const auto* bytes = static_cast<const std::uint8_t*>(tensor.const_data_ptr());
  const std::size_t size = tensor.element_size();
  [[maybe_unused]] static volatile unsigned sink;
  sink = bytes[0] + bytes[static_cast<std::size_t>(last) * size + size - 1];
}

/// Reads the bytes as a weight file, which may be refused by the codes for damaged and hostile files and by
/// nothing else.
inline int readWeightsOrRefuse(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  try {
    for (const NamedTensor& entry : readWeights(file.path()).tensors) readEnds(entry.tensor);
  } catch (const Error& error) {
    const std::string& code = error.code();
    if (code != "WEIGHTS_FORMAT" && code != "WEIGHTS_UNSAFE" && code != "WEIGHTS_UNSUPPORTED") std::abort();
  }
  return 0;
}

}  // namespace torchwing::fuzz
