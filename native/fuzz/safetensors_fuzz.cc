// Safetensors: JSON header and tiling of the buffer.
#include "fuzz/weight_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return torchwing::fuzz::readWeightsOrRefuse(data, size);
}
