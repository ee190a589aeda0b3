#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace torchwing {
namespace {

/// Distinguishes the temporary files of threads that write the same name at once.
std::atomic<unsigned> g_next_number{0};

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  const std::size_t slash = path.rfind('/');
  folder_ = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  // A process that was killed leaves its file behind, and the next one may have the same number.
  do {
    temporary_ = (slash == std::string::npos ? "" : folder_) + "." + name + ".tmp-" +
                 std::to_string(getpid()) + "-" + std::to_string(g_next_number++);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail("it cannot be created");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  if (checksum_ != nullptr) checksum_->add(bytes, count);
  const auto* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("writing failed");
    at += written;
    position_ += static_cast<std::uint64_t>(written);
    count -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail("bringing it to the disk failed");
  // Some file systems report a failed write only here.
  const int closed = close(std::exchange(descriptor_, -1));
  if (closed != 0) fail("closing it failed");
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail("giving it its name failed");
  temporary_.clear();
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // EINVAL: a file system that cannot do this for folders. The file itself is whole in either case.
  if (folder < 0) fail("its folder cannot be opened");
  const bool kept = fsync(folder) == 0 || errno == EINVAL;
  const int reason = errno;
  close(folder);
  errno = reason;
  if (!kept) fail("bringing its folder to the disk failed");
}

void AtomicFile::fail(const char* what) const {
  throw Error("OUTPUT_WRITE",
              "The file \"" + path_ + "\" cannot be written: " + what + " (" +
                  std::generic_category().message(errno) + ").",
              "Check that the folder exists, may be written and has room.");
}

}  // namespace torchwing
