/*
 * Preloaded into a process, this makes one chosen system call on one kind of file fail. The file that TORCHWING_FAULTS names is
 * mapped and holds the order; whoever writes it, the process itself for one, arms and counts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { NONE, OPEN, WRITE, FSYNC, RENAME, READ };

struct order {
  int call;
  int nth;        /* from 1; every call from there on fails, as on a full disk, or with `once` that one alone */
  int error;      /* errno; 0: a write takes only half of what it is given */
  int seen;       /* matching calls so far */
  char match[64]; /* part of the file's path */
  int once;
};

static volatile struct order* order;

__attribute__((constructor)) static void map_order(void) {
  const char* path = getenv("TORCHWING_FAULTS");
  const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(NULL, sizeof(struct order), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) order = memory;
  close(fd);
}

/* Whether this call is to fail; counts it. */
static int hit(enum call call, const char* path) {
  if (order == NULL || order->call != (int)call) return 0;
  if (strstr(path, (const char*)order->match) == NULL) return 0;
  const int number = __sync_add_and_fetch(&order->seen, 1);
  return order->once ? number == order->nth : number >= order->nth;
}

static int hit_descriptor(enum call call, int fd) {
  char link[64], path[4096];
  if (order == NULL || order->call != (int)call) return 0;
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof(path) - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return hit(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_WITH_ERROR \
  do {                  \
    errno = order->error; \
    return -1;          \
  } while (0)

static int opens_for_writing(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

#define DEFINE_OPEN(name)                                             \
  int name(const char* path, int flags, ...) {                        \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                     \
    if (opens_for_writing(flags) && hit(OPEN, path)) FAIL_WITH_ERROR; \
    return NEXT(name)(path, flags, mode);                             \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

/* Half of it once; the caller has to come again for the rest. */
static size_t shortened(size_t count) {
  return count > 1 ? count / 2 : count;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  if (!hit_descriptor(WRITE, fd)) return NEXT(write)(fd, bytes, count);
  if (order->error != 0) FAIL_WITH_ERROR;
  return NEXT(write)(fd, bytes, shortened(count));
}

#define DEFINE_PWRITE(name, offset_type)                                                  \
  ssize_t name(int fd, const void* bytes, size_t count, offset_type at) {                 \
    if (!hit_descriptor(WRITE, fd)) return NEXT(name)(fd, bytes, count, at);              \
    if (order->error != 0) FAIL_WITH_ERROR;                                               \
    return NEXT(name)(fd, bytes, shortened(count), at);                                   \
  }
DEFINE_PWRITE(pwrite, off_t)
DEFINE_PWRITE(pwrite64, off64_t)

#define DEFINE_PREAD(name, offset_type)                                   \
  ssize_t name(int fd, void* bytes, size_t count, offset_type at) {       \
    if (hit_descriptor(READ, fd)) FAIL_WITH_ERROR;                        \
    return NEXT(name)(fd, bytes, count, at);                              \
  }
DEFINE_PREAD(pread, off_t)
DEFINE_PREAD(pread64, off64_t)

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (!hit_descriptor(WRITE, fd)) return NEXT(writev)(fd, parts, count);
  if (order->error != 0) FAIL_WITH_ERROR;
  return NEXT(write)(fd, parts[0].iov_base, shortened(parts[0].iov_len));
}

int fsync(int fd) {
  if (hit_descriptor(FSYNC, fd)) FAIL_WITH_ERROR;
  return NEXT(fsync)(fd);
}

int fdatasync(int fd) {
  if (hit_descriptor(FSYNC, fd)) FAIL_WITH_ERROR;
  return NEXT(fdatasync)(fd);
}

int rename(const char* from, const char* to) {
  if (hit(RENAME, to)) FAIL_WITH_ERROR;
  return NEXT(rename)(from, to);
}
