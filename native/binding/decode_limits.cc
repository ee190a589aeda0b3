#include "binding/decode_limits.h"

#include "binding/arguments.h"

namespace torchwing::binding {

DecodeLimits readLimits(const Napi::Value& value) {
  const Napi::Object object = readObject(value, "limits");
  DecodeLimits limits;
  limits.pixels = readInteger(object.Get("pixels"), "limits.pixels", 1);
  limits.file_bytes = readInteger(object.Get("fileBytes"), "limits.fileBytes", 1);
  limits.decoder_bytes = readInteger(object.Get("decoderBytes"), "limits.decoderBytes", 1);
  limits.progressive_scans = readInt(object.Get("progressiveScans"), "limits.progressiveScans", 1);
  return limits;
}

}  // namespace torchwing::binding
