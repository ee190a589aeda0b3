#include "core/runtime/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace torchwing {
namespace {

using Lane = Executor::Lane;

/// A job that ends when the test says so.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void wait() { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(Executor, RunsEachLaneInTheOrderOfItsCalls) {
  Executor executor;
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) executor.post(Lane::kShort, [&order, i] { order.push_back(i); });
  executor.post(Lane::kShort, [&done] { done.set_value(); });
  done.get_future().wait();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Executor, RunsShortJobsBeforeAWaitingLongOne) {
  Executor executor;
  Gate gate;
  std::string order;
  std::promise<void> done;
  executor.post(Lane::kShort, [&gate] { gate.wait(); });
  executor.post(Lane::kLong, [&] {
    order += 'L';
    done.set_value();
  });
  executor.post(Lane::kShort, [&order] { order += 's'; });
  gate.open();
  done.get_future().wait();
  EXPECT_EQ(order, "sL");
}

TEST(Executor, ALongJobServesTheShortLaneBetweenItsSteps) {
  Executor executor;
  std::promise<void> started, done;
  std::atomic<int> served{0};
  executor.post(Lane::kLong, [&] {
    started.set_value();
    while (served.load() < 3) executor.serveShortLane();
    done.set_value();
  });
  started.get_future().wait();
  for (int i = 0; i < 3; ++i) executor.post(Lane::kShort, [&served] { ++served; });
  done.get_future().wait();
  EXPECT_EQ(served.load(), 3);
}

TEST(Executor, WaitForServesShortJobsAndEndsByWake) {
  // The wake-up races with the check before the wait; a lost one would hang.
  for (int repeat = 0; repeat < 200; ++repeat) {
    Executor executor;
    std::atomic<bool> ready{false};
    std::atomic<int> served{0};
    std::promise<void> done;
    executor.post(Lane::kLong, [&] {
      executor.waitFor([&] { return ready.load(); });
      done.set_value();
    });
    executor.post(Lane::kShort, [&served] { ++served; });
    ready.store(true);
    executor.wake();
    done.get_future().wait();
  }
}

TEST(Executor, ShutdownEndsAWaitAndDropsWhatIsQueued) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    Executor executor;
    std::promise<void> started;
    std::atomic<bool> ran{false};
    const auto owned = std::make_shared<int>(1);
    executor.post(Lane::kLong, [&] {
      started.set_value();
      executor.waitFor([] { return false; });
    });
    started.get_future().wait();
    executor.post(Lane::kLong, [&ran, owned] { ran = true; });
    executor.shutdown();
    EXPECT_FALSE(ran.load());
    EXPECT_EQ(owned.use_count(), 1) << "the dropped job still owns what it captured";
    EXPECT_FALSE(executor.post(Lane::kShort, [] {}));
    EXPECT_TRUE(executor.shuttingDown());
    executor.shutdown();
  }
}

TEST(Executor, TwoThreadsMayShutDownAtOnce) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    Executor executor;
    std::thread other([&executor] { executor.shutdown(); });
    executor.shutdown();
    other.join();
  }
}

TEST(Executor, DestroysAJobOnItsOwnThread) {
  Executor executor;
  std::promise<std::thread::id> destroyed_on;
  struct Owned {
    std::promise<std::thread::id>& on;
    ~Owned() { on.set_value(std::this_thread::get_id()); }
  };
  std::promise<std::thread::id> ran_on;
  auto owned = std::make_shared<Owned>(destroyed_on);
  executor.post(Lane::kShort,
                [owned = std::move(owned), &ran_on] { ran_on.set_value(std::this_thread::get_id()); });
  EXPECT_EQ(destroyed_on.get_future().get(), ran_on.get_future().get());
}

}  // namespace
}  // namespace torchwing
