#include "core/device/memory_failure.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

#include <array>
#include <new>
#include <string_view>

namespace torchwing {
namespace {

/// What LibTorch's CPU allocator, the CUDA runtime and the libraries on it say. Only the caching allocator of
/// an accelerator has an exception class of its own.
constexpr std::array<std::string_view, 4> kWordsForIt = {
    "can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"};

bool speaksOfMemory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string_view text = error.what_without_backtrace();
  for (const std::string_view words : kWordsForIt)
    if (text.find(words) != std::string_view::npos) return true;
  return false;
}

/// "Tried to allocate 2.00 GiB. GPU 0 has a total capacity of … of which 5.12 MiB is free." out of the
/// paragraph that holds it, or "you tried to allocate 64 bytes"; the first line where there is neither.
std::string askedAndFree(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  for (const std::string_view words : {"Tried to allocate", "you tried to allocate"}) {
    const std::size_t begin = line.find(words);
    if (begin == std::string_view::npos) continue;
    constexpr std::string_view kFree = "is free.";
    const std::size_t free = line.find(kFree, begin);
    const std::size_t end = free == std::string_view::npos ? line.find(". ", begin) : free + kFree.size() - 1;
    std::string asked(line.substr(begin, end - begin));
    while (asked.ends_with('.')) asked.pop_back();
    return "LibTorch says: " + asked;
  }
  return "LibTorch says: " + std::string(line);
}

}  // namespace

std::optional<std::string> memoryFailure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const c10::Error& error) {
    if (speaksOfMemory(error)) return askedAndFree(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return "the system has no more";
  } catch (...) {
    // Some other failure.
  }
  return std::nullopt;
}

void releaseCachedMemory(c10::Device device) {
  if (device.is_cpu()) return;
  c10::getDeviceAllocator(device.type())->emptyCache();
}

}  // namespace torchwing
