#pragma once

#include <vector>

#include "core/device/device_graph.h"
#include "test/accelerator/streams.h"

namespace torchwing::simulated {

/// The device's graph, with the rules of CUDA's: recorded on a stream that is not the default one, during
/// which nobody may wait for that stream; its tensors lie in memory of its own; a replay repeats the very
/// jobs, on the very addresses.
class RecordedGraph : public DeviceGraph {
 public:
  void capture(const std::function<void()>& work) override;
  void replay() override;

 private:
  std::vector<StreamQueue::Job> jobs_;
};

/// While it lives, the simulated device has graphs.
class GraphsHere {
 public:
  GraphsHere();
  ~GraphsHere();
  GraphsHere(const GraphsHere&) = delete;
  GraphsHere& operator=(const GraphsHere&) = delete;
};

}  // namespace torchwing::simulated
