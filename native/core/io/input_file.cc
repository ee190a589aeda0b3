#include "core/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace torchwing {
namespace {

std::string reason(int number) {
  return std::generic_category().message(number);
}

[[noreturn]] void failOpen(const std::string& path, int number) {
  const std::string message = "The weight file \"" + path + "\" cannot be opened: " + reason(number) + ".";
  const std::string hint = "Check the path. Relative paths start at the current folder.";
  const bool absent = number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
  if (absent) throw Error("WEIGHTS_NOT_FOUND", message, hint);
  throw UnreadableFile("WEIGHTS_NOT_FOUND", message, reason(number), hint);
}

}  // namespace

InputFile::InputFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer that never comes.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) failOpen(path, errno);
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) {
    const int number = errno;
    close(descriptor_);
    failOpen(path, number);
  }
  if (!S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw Error("WEIGHTS_NOT_FOUND", "The weight file \"" + path + "\" is not a regular file.",
                "Name the file itself, not the folder that holds it.");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  close(descriptor_);
}

void InputFile::read(std::uint64_t offset, void* into, std::size_t count) const {
  auto* bytes = static_cast<char*>(into);
  while (count > 0) {
    const ssize_t got = pread(descriptor_, bytes, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const std::string why = reason(errno);
      throw UnreadableFile("WEIGHTS_FORMAT", "reading it failed (" + why + ")", why);
    }
    if (got == 0)
      throw Error("WEIGHTS_FORMAT",
                  "it ends at byte " + std::to_string(offset) + ", in the middle of its data");
    bytes += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

}  // namespace torchwing
