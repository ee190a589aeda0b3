/* A libcuda.so.1 for tests: no driver, only the answers of one. It counts the devices that STAND_IN_DEVICES says,
 * unless CUDA_VISIBLE_DEVICES hides them as it does from NVIDIA's, of which that with the index STAND_IN_BUSY fails;
 * STAND_IN_INIT is what cuInit answers, STAND_IN_VERSION the CUDA version. Codes and names are those of NVIDIA's cuda.h. */
#include <stdio.h>
#include <stdlib.h>

static int number(const char *name, int fallback) {
  const char *text = getenv(name);
  return text != NULL ? atoi(text) : fallback;
}

static int visible(void) {
  const char *list = getenv("CUDA_VISIBLE_DEVICES");
  const int devices = number("STAND_IN_DEVICES", 1);
  int count = 0;
  if (list == NULL) return devices;
  while (*list != '\0') {
    char *end;
    const long index = strtol(list, &end, 10);
    if (end == list || index < 0 || index >= devices) break;
    ++count;
    list = *end == ',' ? end + 1 : end;
    if (list == end && *end != '\0') break;
  }
  return count;
}

int cuInit(unsigned flags) {
  const int code = number("STAND_IN_INIT", 0);
  (void)flags;
  if (code != 0) return code;
  return visible() > 0 ? 0 : 100;
}

int cuDriverGetVersion(int *version) {
  *version = number("STAND_IN_VERSION", 13000);
  return 0;
}

int cuDeviceGetCount(int *count) {
  *count = visible();
  return number("STAND_IN_COUNT", 0);
}

int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return number("STAND_IN_DEVICE", 0);
}

int cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, (size_t)length, "Stand-in %d", device);
  return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == 75 ? 9 : 0;
  return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  *bytes = (size_t)(device + 1) << 36;
  return device == number("STAND_IN_BUSY", -1) ? 46 : 0;
}

int cuGetErrorName(int code, const char **name) {
  static const struct {
    int code;
    const char *name;
  } names[] = {
      {34, "CUDA_ERROR_STUB_LIBRARY"},          {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"},
      {100, "CUDA_ERROR_NO_DEVICE"},            {101, "CUDA_ERROR_INVALID_DEVICE"},
      {802, "CUDA_ERROR_SYSTEM_NOT_READY"},     {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"},
      {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"}, {999, "CUDA_ERROR_UNKNOWN"},
  };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    if (names[i].code == code) {
      *name = names[i].name;
      return 0;
    }
  }
  return 1;
}

#ifdef WITHOUT_FUNCTIONS
/* Where the CUDA runtime looks for every other function; CUDA_ERROR_NOT_FOUND. */
int cuGetProcAddress_v2(const char *symbol, void **function, int version, unsigned long long flags, int *status) {
  (void)symbol;
  (void)version;
  (void)flags;
  *function = NULL;
  if (status != NULL) *status = 1;
  return 500;
}
#endif
