#pragma once

#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>

namespace torchwing {

/// Where an accelerator's work of the calling thread goes now.
c10::Stream currentStreamOf(c10::Device device);

/// An accelerator's stream that is not the default one, out of LibTorch's pool.
c10::Stream streamOfPool(c10::Device device);

/// One out of the pool of high priority, where streamOfPool() finds none.
c10::Stream urgentStreamOfPool(c10::Device device);

/// While this lives, the calling thread's work goes to `stream` and its device is the current one. Work that
/// was queued before comes before it, and work that is queued afterwards behind it, so that memory may be
/// shared and freed on both sides.
class StreamScope {
 public:
  explicit StreamScope(c10::Stream stream);
  ~StreamScope();
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  const c10::Stream outside_;
  const c10::Stream inside_;
  const c10::StreamGuard guard_;
};

}  // namespace torchwing
