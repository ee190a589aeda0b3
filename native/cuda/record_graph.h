#pragma once

#include <functional>

namespace torchwing {

/// The calls around a recording, in an order that leaves nothing behind whichever of them fails. `Graph` is
/// at::cuda::CUDAGraph with keep_graph, so that capture_end() makes nothing executable of a recording that is
/// of no use; `begin` is its capture_begin(). `give_back` is called, once, where the recording did not end
/// well: the allocators then still route to its pool, and below LibTorch 2.14 nobody else tells them. A
/// recording that ended well gives its pool back when the graph is destroyed. Throws what failed first.
template <class Graph>
void recordGraph(Graph& graph, const std::function<void()>& begin, const std::function<void()>& work,
                 const std::function<void()>& give_back) {
  bool recording = true;
  bool ended = false;
  const auto end = [&] {
    recording = false;
    graph.capture_end();
    ended = true;
  };
  try {
    begin();
    work();
    end();
    graph.instantiate();
  } catch (...) {
    try {
      // The stream can be used for other work only when its recording ends.
      if (recording) end();
    } catch (...) {
      // The recording became invalid; why is what is being thrown already.
    }
    if (!ended) give_back();
    throw;
  }
}

}  // namespace torchwing
