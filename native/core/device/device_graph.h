#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <string>

namespace torchwing {

/// Work that a device has recorded and does again as a whole, with one call of the host: a CUDA graph. What
/// it reads and writes are addresses, so every tensor of it must live and stay where it is for as long as it
/// is replayed. Compute thread.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  /// Records what `work` puts on the current stream, which must not be the default one; the device does none
  /// of it yet. Tensors that `work` allocates live in memory of the graph's own. Called once. Throws what
  /// `work` throws, or c10::Error; nothing is left recording then.
  virtual void capture(const std::function<void()>& work) = 0;

  /// Puts the recorded work on the current stream.
  virtual void replay() = 0;
};

/// For one kind of device: an empty graph on the current device.
using MakeDeviceGraph = std::function<std::unique_ptr<DeviceGraph>()>;

/// Any thread. From here on in this process, devices of this kind have graphs.
void registerDeviceGraphs(c10::DeviceType type, MakeDeviceGraph make);

/// Any thread. What devices of this kind are refused with from here on: `why_not` ends a sentence that begins
/// with "because".
void explainNoDeviceGraphs(c10::DeviceType type, std::string why_not);

/// Any thread. Throws Error CUDA_GRAPH_UNAVAILABLE, saying why, for a device without graphs.
void requireDeviceGraphs(c10::Device device);

/// An empty graph on `device`, which must be the current one of its kind. Throws as requireDeviceGraphs().
std::unique_ptr<DeviceGraph> makeDeviceGraph(c10::Device device);

}  // namespace torchwing
