/*
 * The bytes that are in use in malloc's arenas: what a process holds, whatever the kernel has given it. Gives free pages back
 * first, so that the resident size read behind it is steady too.
 */
#include <malloc.h>
#include <node_api.h>

static napi_value heap_bytes(napi_env env, napi_callback_info info) {
  (void)info;
  malloc_trim(0);
  const struct mallinfo2 heap = mallinfo2();
  napi_value bytes;
  napi_create_double(env, (double)(heap.uordblks + heap.hblkhd), &bytes);
  return bytes;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "heapBytes", NAPI_AUTO_LENGTH, heap_bytes, NULL, &function);
  napi_set_named_property(env, exports, "heapBytes", function);
  return exports;
}
