#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Exception.h>

#include "test/accelerator/failing_device.h"
#include "test/accelerator/memory.h"
#include "test/accelerator/planted_fault.h"
#include "test/accelerator/streams.h"
#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

StreamQueue& queueOf(const c10::Stream& stream) {
  return Streams::instance().queue(stream.id());
}

/// Streams and events as c10::StreamGuard, c10::Event and autograd use them. There is one device.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return device(); }
  c10::Device getDevice() const override { return device(); }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }

  c10::Stream getStream(c10::Device) const override { return Streams::stream(Streams::instance().current()); }
  c10::Stream getDefaultStream(c10::Device) const override { return Streams::stream(0); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    return Streams::stream(Streams::instance().nextOfPool());
  }
  c10::Stream getNewStream(c10::Device, int) const override {
    return Streams::stream(Streams::instance().nextOfPool());
  }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    return Streams::stream(Streams::instance().exchange(stream.id()));
  }
  bool queryStream(const c10::Stream& stream) const override {
    FailingDevice::call();
    StreamQueue& queue = queueOf(stream);
    queue.demand(queue.last());
    return queue.done(queue.last());
  }
  void synchronizeStream(const c10::Stream& stream) const override {
    FailingDevice::call();
    countWait(&WaitCounts::stream);
    queueOf(stream).waitFor(queueOf(stream).last());
  }
  void synchronizeDevice(c10::DeviceIndex) const override {
    FailingDevice::call();
    countWait(&WaitCounts::device);
    Streams::instance().drain();
  }

  // An event is the Mark of where it was recorded last.
  void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag) const override {
    FailingDevice::call();
    if (*event == nullptr) *event = new Mark();
    *static_cast<Mark*>(*event) = markOf(stream.id());
  }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override {
    delete static_cast<Mark*>(event);
  }
  void block(void* event, const c10::Stream& stream) const override {
    if (event == nullptr) return;
    FailingDevice::call();
    const Mark mark = *static_cast<Mark*>(event);
    const Fault forgotten =
        stream.id() == 0 ? Fault::kComputingWaitsForNoEvent : Fault::kCopyingWaitsForNoEvent;
    if (mark.stream == stream.id() || planted_fault == forgotten) return;
    queueOf(stream).enqueue([mark] { Streams::instance().queue(mark.stream).waitFor(mark.ticket); });
  }
  bool queryEvent(void* event) const override {
    if (event == nullptr || planted_fault == Fault::kHostWaitsForNoEvent) return true;
    FailingDevice::call();
    const Mark mark = *static_cast<Mark*>(event);
    Streams::instance().queue(mark.stream).demand(mark.ticket);
    return mark.done();
  }
  void synchronizeEvent(void* event) const override {
    if (event == nullptr) return;
    FailingDevice::call();
    countWait(&WaitCounts::event);
    const Mark mark = *static_cast<Mark*>(event);
    Streams::instance().queue(mark.stream).waitFor(mark.ticket);
  }

  void recordDataPtrOnStream(const c10::DataPtr& pointer, const c10::Stream& stream) const override {
    Memory::instance().recordStream(pointer, stream);
  }
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

}  // namespace
}  // namespace torchwing::simulated
