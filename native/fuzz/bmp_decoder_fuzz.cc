#include "core/data/bmp_decoder.h"

#include "fuzz/decode_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchwing;
  fuzz::expectDecodedOrRefused([&] {
    Image image;
    decodeBmp({data, size}, "fuzz", fuzz::smallLimits(), image);
    fuzz::readPixels(image.view());
  });
  return 0;
}
