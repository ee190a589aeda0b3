// PyTorch's zip format: directory, records and restricted pickle.
#include "fuzz/weight_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return torchwing::fuzz::readWeightsOrRefuse(data, size);
}
