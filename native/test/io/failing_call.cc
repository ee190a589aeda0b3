#include "test/io/failing_call.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

namespace torchwing::test {
namespace {

std::atomic<bool> g_armed{false};
std::atomic<int> g_seen{0};
Call g_call;
int g_nth;
int g_error;
Failing g_failing;

/// Whether this call is to fail; counts it.
bool fails(Call call) {
  if (!g_armed || call != g_call) return false;
  const int number = ++g_seen;
  return g_failing == Failing::kOnce ? number == g_nth : number >= g_nth;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int failed() {
  errno = g_error;
  return -1;
}

}  // namespace

FailingCall::FailingCall(Call call, int nth, int error, Failing failing) {
  g_call = call;
  g_nth = nth;
  g_error = error;
  g_failing = failing;
  g_seen = 0;
  g_armed = true;
}

FailingCall::~FailingCall() {
  g_armed = false;
}

int FailingCall::seen() const {
  return g_seen;
}

}  // namespace torchwing::test

// The program's own calls come here before they come to the C library.
extern "C" {

// NOLINTBEGIN: the C library's names and types.
int open(const char* path, int flags, ...) {
  using namespace torchwing::test;
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (fails((flags & O_ACCMODE) == O_RDONLY ? Call::kOpen : Call::kOpenForWriting)) return failed();
  return next<int(const char*, int, ...)>("open")(path, flags, mode);
}

ssize_t pread(int descriptor, void* bytes, std::size_t count, off_t at) {
  using namespace torchwing::test;
  if (fails(Call::kRead)) return failed();
  return next<ssize_t(int, void*, std::size_t, off_t)>("pread")(descriptor, bytes, count, at);
}

ssize_t write(int descriptor, const void* bytes, std::size_t count) {
  using namespace torchwing::test;
  if (fails(Call::kWrite)) {
    if (g_error != FailingCall::kShort) return failed();
    if (count > 1) count /= 2;
  }
  return next<ssize_t(int, const void*, std::size_t)>("write")(descriptor, bytes, count);
}

int fsync(int descriptor) {
  using namespace torchwing::test;
  return fails(Call::kFsync) ? failed() : next<int(int)>("fsync")(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  using namespace torchwing::test;
  return fails(Call::kRename) ? failed() : next<int(const char*, const char*)>("rename")(from, to);
}
// NOLINTEND
}
