#include "core/device/memory_failure.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

#include <array>
#include <new>
#include <string_view>

#include "core/device/asked_bytes.h"
#include "core/device/device_memory.h"
#include "core/first_line.h"

namespace torchwing {
namespace {

constexpr std::string_view kWordsOfTheCpu = "can't allocate memory";
/// What LibTorch's CPU allocator, the CUDA runtime and the libraries on it say. Only the caching allocator of
/// an accelerator has an exception class of its own. cuDNN has a name for either memory since version 9. The
/// last two are what LibTorch says when each way of cuDNN's to compute a convolution failed; what they failed
/// for it keeps to itself, and for the convolutions of a ResNet that is memory to work in.
constexpr std::array<std::string_view, 8> kWordsForIt = {
    kWordsOfTheCpu,
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "unable to find an engine to execute this computation",
    "Unable to find a valid cuDNN algorithm"};

bool speaksOfMemory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string_view text = error.what_without_backtrace();
  for (const std::string_view words : kWordsForIt)
    if (text.find(words) != std::string_view::npos) return true;
  return false;
}

/// By "GPU 1 has a total capacity of …"; the first where the words name none.
c10::DeviceIndex indexIn(std::string_view text) {
  constexpr std::string_view kBefore = "GPU ";
  const std::size_t found = text.find(kBefore);
  if (found == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(found + kBefore.size());
  const bool one_digit = !rest.empty() && rest[0] >= '0' && rest[0] <= '9' &&
                         (rest.size() == 1 || rest[1] < '0' || rest[1] > '9');
  return one_digit ? static_cast<c10::DeviceIndex>(rest[0] - '0') : c10::DeviceIndex{0};
}

/// Whose memory it is that ran out. Work on an accelerator needs some of the host's, too.
c10::Device deviceOf(std::string_view text, const std::optional<c10::Device>& worked_on) {
  if (text.find(kWordsOfTheCpu) != std::string_view::npos) return c10::kCPU;
  if (worked_on) return *worked_on;
  const std::optional<c10::DeviceType> accelerator = at::accelerator::getAccelerator();
  return accelerator ? c10::Device(*accelerator, indexIn(text)) : c10::Device(c10::kCPU);
}

/// As part of a sentence, without its full stop.
std::string firstSentence(std::string_view text) {
  std::string line = firstLine(text);
  while (line.ends_with('.')) line.pop_back();
  return line;
}

MemoryFailure describe(std::string_view text, const std::optional<c10::Device>& worked_on) {
  const c10::Device device = deviceOf(text, worked_on);
  MemoryFailure found{.reason = {}, .shortage = {.device = device.str(), .asked = askedBytes(text)}};
  MemoryShortage& shortage = found.shortage;
  const auto size = [](std::int64_t bytes) {
    return c10::CachingAllocator::format_size(static_cast<std::uint64_t>(bytes));
  };
  found.reason =
      shortage.asked ? size(*shortage.asked) + " were asked for" : "LibTorch says: " + firstSentence(text);
  if (const auto room = deviceRoom(device)) {
    shortage.free = room->free;
    shortage.total = room->total;
    found.reason += ", and " + size(room->free) + " of " + size(room->total) + " were free";
  }
  return found;
}

}  // namespace

std::optional<MemoryFailure> memoryFailure(const std::exception_ptr& failure,
                                           std::optional<c10::Device> device) {
  try {
    std::rethrow_exception(failure);
  } catch (const c10::Error& error) {
    if (speaksOfMemory(error)) return describe(error.what_without_backtrace(), device);
  } catch (const std::bad_alloc&) {
    return MemoryFailure{.reason = "the system has no more", .shortage = {}};
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
