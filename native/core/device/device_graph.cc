#include "core/device/device_graph.h"

#include <map>
#include <mutex>
#include <utility>

#include "core/error.h"

namespace torchwing {
namespace {

/// What is known of one kind of device.
struct Graphs {
  MakeDeviceGraph make;
  std::string why_not;
};

/// Process-wide, as the libraries are that make graphs.
struct Registry {
  std::mutex mutex;
  std::map<c10::DeviceType, Graphs> graphs;
};

Registry& registry() {
  static Registry registry;
  return registry;
}

Graphs graphsOf(c10::DeviceType type) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().graphs.find(type);
  return found == registry().graphs.end() ? Graphs{} : found->second;
}

[[noreturn]] void refuse(c10::Device device, const Graphs& graphs) {
  if (device.is_cpu()) {
    throw Error("CUDA_GRAPH_UNAVAILABLE",
                "Invalid value for \"cudaGraph\": received true, expected false, because the device is "
                "\"cpu\".",
                "CUDA graphs need a CUDA device; `npx torchwing doctor` says whether there is one.");
  }
  const std::string why_not =
      graphs.why_not.empty() ? "nothing here makes graphs for this kind of device" : graphs.why_not;
  throw Error("CUDA_GRAPH_UNAVAILABLE",
              "Invalid value for \"cudaGraph\": received true for the device \"" + device.str() +
                  "\", expected false, because " + why_not + ".",
              "Leave cudaGraph off, or install a build of torchwing that has its CUDA part.");
}

}  // namespace

void registerDeviceGraphs(c10::DeviceType type, MakeDeviceGraph make) {
  const std::lock_guard lock(registry().mutex);
  registry().graphs[type] = {std::move(make), {}};
}

void explainNoDeviceGraphs(c10::DeviceType type, std::string why_not) {
  const std::lock_guard lock(registry().mutex);
  registry().graphs[type] = {{}, std::move(why_not)};
}

void requireDeviceGraphs(c10::Device device) {
  const Graphs graphs = graphsOf(device.type());
  if (!graphs.make) refuse(device, graphs);
}

std::unique_ptr<DeviceGraph> makeDeviceGraph(c10::Device device) {
  const Graphs graphs = graphsOf(device.type());
  if (!graphs.make) refuse(device, graphs);
  return graphs.make();
}

}  // namespace torchwing
