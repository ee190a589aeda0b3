#include "core/device/stream_scope.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

namespace torchwing {
namespace {

/// `later` goes on only when what is on `earlier` now is done. Waits on the device, not on the host.
void order(c10::Stream earlier, c10::Stream later) {
  c10::Event reached(earlier.device_type());
  reached.record(earlier);
  reached.block(later);
}

}  // namespace

c10::Stream currentStreamOf(c10::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

c10::Stream streamOfPool(c10::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

c10::Stream urgentStreamOfPool(c10::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device, /*isHighPriority=*/true);
}

StreamScope::StreamScope(c10::Stream stream)
    : outside_(currentStreamOf(stream.device())), inside_(stream), guard_(stream) {
  order(outside_, inside_);
}

StreamScope::~StreamScope() {
  try {
    order(inside_, outside_);
  } catch (const c10::Error&) {
    // Only a device that has failed cannot record an event, and each further call says so itself.
  }
}

}  // namespace torchwing
