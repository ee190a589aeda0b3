#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace torchwing {

/// A regular file open for reading by offset. Never mapped: a mapping of a file that someone else shortens
/// kills the process. Any thread, several at once.
class InputFile {
 public:
  /// Throws Error WEIGHTS_NOT_FOUND: absent, not a regular file, or not readable, with the system's reason.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Bytes when it was opened.
  std::uint64_t size() const { return size_; }
  /// Exactly `count` bytes from `offset` on. Throws Error WEIGHTS_FORMAT where the file has fewer or cannot
  /// be read.
  void read(std::uint64_t offset, void* into, std::size_t count) const;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace torchwing
