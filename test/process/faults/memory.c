/*
 * Preloaded into a process, this makes the aligned allocations fail that are larger than TORCHWING_LARGEST_BLOCK bytes:
 * LibTorch takes the memory of its tensors so.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static size_t largest = (size_t)-1;

__attribute__((constructor)) static void read_limit(void) {
  const char* bytes = getenv("TORCHWING_LARGEST_BLOCK");
  if (bytes != NULL) largest = strtoull(bytes, NULL, 10);
}

int posix_memalign(void** block, size_t alignment, size_t bytes) {
  static int (*next)(void**, size_t, size_t);
  if (next == NULL) next = (__typeof__(next))dlsym(RTLD_NEXT, "posix_memalign");
  return bytes > largest ? ENOMEM : next(block, alignment, bytes);
}
