#include "core/optim/step_lr.h"

#include <gtest/gtest.h>

#include <sstream>

#include "test/model/fixture.h"

namespace torchwing {
namespace {

TEST(StepLrTest, RatesOf25EpochsEqualPythonsBitForBit) {
  int cases = 0;
  const test::Json fixture = test::readFixture("step_lr");
  for (const auto& [key, expected] : fixture.object()) {
    std::istringstream words(key);
    double lr = 0, gamma = 0;
    std::int64_t step_size = 0;
    if (!(words >> lr >> step_size >> gamma)) continue;
    ++cases;
    StepLr scheduler(lr, step_size, gamma);
    std::vector<double> rates;
    for (int epoch = 0; epoch < 25; ++epoch) {
      rates.push_back(scheduler.lastLr());
      scheduler.step();
    }
    EXPECT_EQ(rates, expected.numbers()) << key;
  }
  EXPECT_EQ(cases, 3);
}

TEST(StepLrTest, GoesOnFromALoadedState) {
  StepLr whole(0.3, 3, 0.1), rest(1, 1, 1);
  for (int epoch = 0; epoch < 4; ++epoch) whole.step();
  rest.load(whole.state());
  for (int epoch = 0; epoch < 5; ++epoch) EXPECT_EQ(rest.step(), whole.step());
}

}  // namespace
}  // namespace torchwing
