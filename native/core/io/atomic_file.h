#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/io/crc64.h"

namespace torchwing {

/// A file that appears whole or not at all: written under another name in the same folder, brought to the
/// disk, renamed. Not committed, it leaves nothing behind and an older file of that name as it was. One
/// thread at a time.
class AtomicFile {
 public:
  /// Throws Error OUTPUT_WRITE.
  explicit AtomicFile(const std::string& path);
  /// Removes what was not committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Bytes written so far.
  std::uint64_t position() const { return position_; }
  /// Adds every byte that is written from here on to `sum`, which must live as long; null: to none.
  void checksumInto(Crc64* sum) { checksum_ = sum; }
  /// Throws Error OUTPUT_WRITE (a full disk, a quota).
  void write(const void* bytes, std::size_t count);
  /// fsync, rename, fsync of the folder. Nothing may follow. Throws Error OUTPUT_WRITE.
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  std::string folder_;
  std::string temporary_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
  Crc64* checksum_ = nullptr;
};

}  // namespace torchwing
