#include "cuda/record_graph.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace torchwing {
namespace {

/// What a caching allocator keeps of one graph's pool, and what it refuses.
struct Allocator {
  int routes = 0;  ///< each asks the graph at every allocation to come
  int users = 0;

  void end() {
    if (routes-- == 0) throw std::logic_error("ended twice");
  }
  void release() {
    if (users-- == 0) throw std::logic_error("released twice");
  }
};

/// Where a call of the recording fails.
enum class Fails {
  kNowhere,
  kBefore,
  kAtBeginning,
  kInWork,
  kInWorkAndAtEnd,
  kAtEnd,
  kBehindEnd,
  kAtInstantiating
};

/// at::cuda::CUDAGraph with keep_graph as LibTorch 2.11 to 2.13 have it, as far as its allocator is
/// concerned.
class Graph {
 public:
  Graph(Allocator& allocator, Fails fails) : allocator_(allocator), fails_(fails) {}
  ~Graph() {
    if (ended_) allocator_.release();
  }

  void capture_begin() {
    failAt(Fails::kBefore);
    allocator_.routes += 1;
    allocator_.users += 1;
    failAt(Fails::kAtBeginning);
    recording = true;
  }
  void capture_end() {
    if (!recording) throw std::runtime_error("nothing is recorded");
    recording = false;
    failAt(Fails::kAtEnd);
    failAt(Fails::kInWorkAndAtEnd);
    allocator_.end();
    failAt(Fails::kBehindEnd);
    ended_ = true;
  }
  void instantiate() {
    instantiated = true;
    failAt(Fails::kAtInstantiating);
  }

  bool recording = false;
  bool instantiated = false;

 private:
  void failAt(Fails where) const {
    if (fails_ == where) throw std::runtime_error("a call");
  }

  Allocator& allocator_;
  Fails fails_;
  bool ended_ = false;
};

struct Case {
  const char* name;
  Fails fails;
};

class RecordGraph : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(ThatFails, RecordGraph,
                         testing::Values(Case{"Nowhere", Fails::kNowhere}, Case{"Before", Fails::kBefore},
                                         Case{"AtBeginning", Fails::kAtBeginning},
                                         Case{"InWork", Fails::kInWork},
                                         Case{"InWorkAndAtEnd", Fails::kInWorkAndAtEnd},
                                         Case{"AtEnd", Fails::kAtEnd}, Case{"BehindEnd", Fails::kBehindEnd},
                                         Case{"AtInstantiating", Fails::kAtInstantiating}),
                         [](const auto& info) { return info.param.name; });

TEST_P(RecordGraph, LeavesNothingWithTheAllocatorsAndTellsWhatFailedFirst) {
  const Fails fails = GetParam().fails;
  const bool in_work = fails == Fails::kInWork || fails == Fails::kInWorkAndAtEnd;
  Allocator allocator;
  std::string told;
  {
    Graph graph(allocator, fails);
    const auto give_back = [&] {
      if (allocator.routes > 0) allocator.end();
      if (allocator.users > 0) allocator.release();
    };
    try {
      recordGraph(
          graph, [&] { graph.capture_begin(); },
          [&] {
            if (in_work) throw std::runtime_error("the work");
          },
          give_back);
    } catch (const std::runtime_error& error) {
      told = error.what();
    }
    EXPECT_FALSE(graph.recording);
    EXPECT_EQ(graph.instantiated, fails == Fails::kNowhere || fails == Fails::kAtInstantiating)
        << "nothing is made of a recording that is of no use";
    EXPECT_EQ(allocator.routes, 0) << "to a graph that is about to be destroyed";
  }
  EXPECT_EQ(allocator.users, 0) << "of the pool";
  EXPECT_EQ(told, fails == Fails::kNowhere ? "" : in_work ? "the work" : "a call");
}

}  // namespace
}  // namespace torchwing
