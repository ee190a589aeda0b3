#include "test/accelerator/recorded_graph.h"

#include <c10/util/Exception.h>

#include <memory>

#include "test/accelerator/memory.h"

namespace torchwing::simulated {

void RecordedGraph::capture(const std::function<void()>& work) {
  const c10::StreamId stream = Streams::instance().current();
  TORCH_CHECK(stream != 0, "the default stream cannot be recorded");
  TORCH_CHECK(jobs_.empty(), "a graph is recorded once");
  Streams::instance().drain();
  StreamQueue& queue = Streams::instance().queue(stream);
  Memory::instance().beginPool(stream);
  queue.beginRecording();
  try {
    work();
  } catch (...) {
    queue.endRecording();
    Memory::instance().endPool();
    throw;
  }
  jobs_ = queue.endRecording();
  Memory::instance().endPool();
}

void RecordedGraph::replay() {
  for (const StreamQueue::Job& job : jobs_) queueHere(job);
}

GraphsHere::GraphsHere() {
  registerDeviceGraphs(kType, [] { return std::make_unique<RecordedGraph>(); });
}

GraphsHere::~GraphsHere() {
  explainNoDeviceGraphs(kType, "");
}

}  // namespace torchwing::simulated
