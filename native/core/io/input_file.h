#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"

namespace torchwing {

/// What the system refused for a reason of its own: no permission, no descriptor left, a disk that fails. The
/// file's content is not to blame and may be whole. `reason()` is the system's word for it.
class UnreadableFile : public Error {
 public:
  UnreadableFile(const std::string& code, const std::string& message, std::string reason,
                 const std::string& hint = {})
      : Error(code, message, hint), reason_(std::move(reason)) {}

  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_;
};

/// A regular file open for reading by offset. Never mapped: a mapping of a file that someone else shortens
/// kills the process. Any thread, several at once.
class InputFile {
 public:
  /// Throws Error WEIGHTS_NOT_FOUND: absent, not a regular file, or, as UnreadableFile, not readable.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Bytes when it was opened.
  std::uint64_t size() const { return size_; }
  /// Exactly `count` bytes from `offset` on. Throws Error WEIGHTS_FORMAT where the file has fewer or, as
  /// UnreadableFile, cannot be read.
  void read(std::uint64_t offset, void* into, std::size_t count) const;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace torchwing
