#include "core/data/pnm_decoder.h"

#include "fuzz/decode_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchwing;
  fuzz::expectDecodedOrRefused([&] {
    Image image;
    decodePnm({data, size}, "fuzz", fuzz::smallLimits(), image);
    fuzz::readPixels(image.view());
  });
  return 0;
}
