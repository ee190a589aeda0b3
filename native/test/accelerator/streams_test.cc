#include "test/accelerator/streams.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "test/accelerator/waits.h"

namespace torchwing::simulated {
namespace {

at::TensorOptions onDevice() {
  return at::TensorOptions().device(device());
}

/// Every way in which the two streams of a pipeline may be late.
struct Late {
  Lateness compute, others;
};

class SimulatedStreams : public testing::TestWithParam<Late> {
 protected:
  void SetUp() override { Streams::instance().setLateness(GetParam().compute, GetParam().others); }

  const c10::Stream side_ = Streams::stream(3);
};

INSTANTIATE_TEST_SUITE_P(Late, SimulatedStreams,
                         testing::Values(Late{Lateness::kOnDemand, Lateness::kOnDemand},
                                         Late{Lateness::kOnDemand, Lateness::kPrompt},
                                         Late{Lateness::kPrompt, Lateness::kOnDemand}));

TEST_P(SimulatedStreams, AWaitForAnEventOrdersTwoStreams) {
  for (int i = 0; i < 10; ++i) {
    const at::Tensor tensor = at::full({100}, 0.0F, onDevice());
    c10::Event made(kType), filled(kType);
    made.record(Streams::stream(0));
    {
      const c10::StreamGuard guard(side_);
      made.block(side_);
      tensor.fill_(i + 1.0F);
      filled.record(side_);
    }
    filled.block(Streams::stream(0));
    EXPECT_EQ(tensor.sum().item<float>(), 100.0F * (i + 1));
  }
  EXPECT_EQ(takeWaits().item, 10) << "and nothing but the reading of the sums was waited for";
}

TEST(SimulatedStreamsOnDemand, AMissingWaitGivesWrongNumbersEveryTime) {
  for (int i = 0; i < 20; ++i) {
    const at::Tensor tensor = at::full({100}, 0.0F, onDevice());
    Streams::instance().drain();
    {
      const c10::StreamGuard guard(Streams::stream(3));
      tensor.fill_(1);
    }
    EXPECT_EQ(tensor.sum().item<float>(), 0)
        << "the stream that computes did not wait for the one that fills";
    Streams::instance().drain();
  }
}

TEST(SimulatedStreamsOnDemand, AMissingWaitOfTheOtherStreamIsSeenWhereComputingIsLate) {
  Streams::instance().setLateness(Lateness::kOnDemand, Lateness::kPrompt);
  for (int i = 0; i < 20; ++i) {
    const at::Tensor tensor = at::full({100}, 1.0F, onDevice());
    Streams::instance().drain();
    const at::Tensor sum = tensor.sum();
    {
      const c10::StreamGuard guard(Streams::stream(3));
      tensor.fill_(5);
    }
    Streams::instance().queue(3).waitFor(markOf(3).ticket);
    EXPECT_EQ(sum.item<float>(), 500) << "the next values came before the last ones were used";
  }
}

TEST(SimulatedStreamsOnDemand, AnEventIsDoneWhenItsWorkIs) {
  const at::Tensor tensor = at::full({100}, 1.0F, onDevice());
  c10::Event event(kType);
  EXPECT_TRUE(event.query()) << "never recorded";
  event.record(Streams::stream(0));
  EXPECT_EQ(takeWaits().total(), 0);
  event.synchronize();
  EXPECT_TRUE(event.query());
  EXPECT_EQ(takeWaits().event, 1);
}

TEST(SimulatedStreamsOnDemand, AskingForAnEventLetsItsWorkRunAndWaitsForNothing) {
  at::full({100}, 1.0F, onDevice());
  c10::Event event(kType);
  event.record(Streams::stream(0));
  while (!event.query()) {
  }
  EXPECT_EQ(takeWaits().total(), 0);
}

TEST(SimulatedStreamsOnDemand, ThePoolHandsOutOtherStreamsThanTheDefaultOne) {
  const c10::impl::VirtualGuardImpl guard(kType);
  const c10::Stream one = guard.getStreamFromGlobalPool(device()),
                    two = guard.getStreamFromGlobalPool(device());
  EXPECT_NE(one, two);
  EXPECT_NE(one, guard.getDefaultStream(device()));
  EXPECT_EQ(guard.getStream(device()), guard.getDefaultStream(device()));
  guard.synchronizeStream(one);
  EXPECT_EQ(takeWaits().stream, 1);
}

TEST(SimulatedStreamsOnDemand, WorkThatFailsIsHeardOfByWhoeverWaitsNext) {
  queueHere([] { throw std::runtime_error("the device failed"); });
  bool ran = false;
  queueHere([&ran] { ran = true; });
  EXPECT_THROW(Streams::instance().drain(), std::runtime_error);
  EXPECT_FALSE(ran);
  Streams::instance().drain();
}

}  // namespace
}  // namespace torchwing::simulated
