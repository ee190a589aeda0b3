#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/io/input_file.h"

namespace torchwing {

/// One member of an archive.
struct ZipRecord {
  std::string name;
  std::uint64_t offset = 0;
  /// Bytes in the file.
  std::uint64_t size = 0;
  /// Of the content, CRC-32.
  std::uint32_t crc = 0;
  /// How the content is compressed; 0: not at all.
  std::uint16_t method = 0;
};

/// The table of contents of a zip archive, zip64 included, whose members are all stored without compression.
/// Everything is checked before it is used: each offset and size against the file, members against overlap,
/// local headers against the central directory; compressed, encrypted and multi-disk archives, duplicate
/// names and names that differ only in case are refused. `file` must outlive the reader. Immutable after
/// construction: any thread.
class ZipReader {
 public:
  /// Throws Error WEIGHTS_FORMAT with a reason that does not name the file.
  explicit ZipReader(const InputFile& file);

  /// In the order of the central directory.
  const std::vector<ZipRecord>& records() const { return records_; }
  /// Null where there is none of that name.
  const ZipRecord* find(std::string_view name) const;
  /// Throws Error WEIGHTS_FORMAT when a member is compressed. To be called before anything is read.
  void requireStored() const;
  /// Reads a whole stored record to `into`, which has `record.size` bytes; false where its CRC-32 is wrong.
  bool read(const ZipRecord& record, void* into) const;
  /// The same into a string. Throws Error WEIGHTS_FORMAT beyond `limit` bytes.
  bool read(const ZipRecord& record, std::string& into, std::uint64_t limit) const;

 private:
  const InputFile& file_;
  std::vector<ZipRecord> records_;
  std::unordered_map<std::string_view, const ZipRecord*> by_name_;
};

}  // namespace torchwing
