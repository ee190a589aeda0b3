#pragma once

#include <cstdio>
// jpeglib.h needs FILE and size_t first.
#include <jpeglib.h>

#include "core/data/decoder_memory.h"

namespace torchwing {

/// A memory manager of libjpeg (libjpeg.txt, "Memory management") that takes what lives as long as one image
/// from a DecoderMemory. Its arrays lie in memory as a whole; there is no backing store. What a decoder keeps
/// from image to image stays with libjpeg's own manager.
class JpegMemory {
 public:
  /// Puts itself in the place of the methods that jpeg_create_decompress has set. `info.client_data` must
  /// point to this JpegMemory, and it must outlive `info`.
  void install(jpeg_decompress_struct& info);

  /// Bounds what the next image may take; the one before must have been aborted or finished.
  void begin(std::int64_t byte_limit) noexcept { memory_.begin(byte_limit); }
  /// Whether an image failed because of that bound.
  bool limitPassed() const noexcept { return memory_.limitPassed(); }
  bool systemRefused() const noexcept { return memory_.systemRefused(); }

 private:
  struct Methods;
  jpeg_memory_mgr libjpeg_{};
  DecoderMemory memory_;
  void* virtual_arrays_ = nullptr;  ///< those of the image, the last one first
};

}  // namespace torchwing
