/*
 * Preloaded into a process, this makes reads of one file stall, as a disk does that no longer answers: while the file that
 * TORCHWING_STALL names exists, no read of a path that ends in its first line comes back. The first that stalls makes a file
 * of that name and ".reached".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The first line of the order, empty where there is none. */
static void read_order(const char* order, char* match, size_t size) {
  match[0] = '\0';
  FILE* file = fopen(order, "re");
  if (file == NULL) return;
  if (fgets(match, (int)size, file) != NULL) match[strcspn(match, "\n")] = '\0';
  fclose(file);
}

static int ends_with(const char* path, const char* end) {
  const size_t length = strlen(path), tail = strlen(end);
  return tail > 0 && length >= tail && strcmp(path + length - tail, end) == 0;
}

static void stall(int fd) {
  const char* order = getenv("TORCHWING_STALL");
  char link[64], path[4096], match[256], reached[4096];
  if (order == NULL || access(order, F_OK) != 0) return;
  read_order(order, match, sizeof(match));
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof(path) - 1);
  if (size < 0) return;
  path[size] = '\0';
  if (!ends_with(path, match)) return;
  snprintf(reached, sizeof(reached), "%s.reached", order);
  const int mark = open(reached, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (mark >= 0) close(mark);
  while (access(order, F_OK) == 0) usleep(10000);
}

ssize_t pread(int fd, void* bytes, size_t count, off_t at) {
  stall(fd);
  return NEXT(pread)(fd, bytes, count, at);
}

ssize_t pread64(int fd, void* bytes, size_t count, off64_t at) {
  stall(fd);
  return NEXT(pread64)(fd, bytes, count, at);
}
