#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/io/atomic_file.h"

namespace torchwing {

/// Writes a zip archive of stored members, each beginning at a multiple of 64 bytes as PyTorch's do, so that
/// readers can map them. No time stamps: equal members give equal bytes. Up to 4 GiB and 65,534 members (no
/// zip64).
class ZipWriter {
 public:
  /// `file` is at its beginning and must outlive the writer.
  explicit ZipWriter(AtomicFile& file) : file_(file) {}

  /// Names must differ. Throws Error OUTPUT_WRITE.
  void add(const std::string& name, const void* bytes, std::size_t size);
  void add(const std::string& name, const std::string& text) { add(name, text.data(), text.size()); }
  /// Writes the directory. Exactly `comment_size` bytes must follow it, the archive's comment. Throws Error
  /// OUTPUT_WRITE.
  void finish(std::uint16_t comment_size = 0);

 private:
  AtomicFile& file_;
  std::string directory_;
  std::uint64_t members_ = 0;
};

}  // namespace torchwing
