#include "core/data/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace torchwing {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw Error("IMAGE_READ", "Cannot read image \"" + path + "\": " + reason + ".");
}

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : value_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    if (value_ < 0) fail(path, std::strerror(errno));
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const noexcept { return value_; }

 private:
  int value_;
};

}  // namespace

void readFile(const std::string& path, std::int64_t limit, std::vector<std::uint8_t>& bytes) {
  const Descriptor file(path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) fail(path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) fail(path, "it is not a regular file");
  if (info.st_size > limit) {
    throw Error("IMAGE_TOO_LARGE", "Image \"" + path + "\" is too large: received " +
                                       std::to_string(info.st_size) + " bytes, expected at most " +
                                       std::to_string(limit) + " (limits.fileBytes).");
  }
  bytes.resize(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pread(file.value(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, std::strerror(errno));
    if (count == 0) fail(path, "it became shorter while it was read");
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace torchwing
