#include "core/data/image_header.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const torchwing::ImageHeader header = torchwing::readImageHeader({data, size});
  if (header.orientation < 1 || header.orientation > 8) std::abort();
  return 0;
}
