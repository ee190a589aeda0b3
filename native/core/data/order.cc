#include "core/data/order.h"

#include <numeric>
#include <utility>

#include "core/data/counter_rng.h"

namespace torchwing {

std::vector<std::int64_t> epochOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t count,
                                     bool shuffle) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return order;
  CounterRng rng(seed, static_cast<std::uint32_t>(epoch), 0, kOrder);
  for (std::size_t last = order.size(); last > 1; --last) {
    std::swap(order[last - 1], order[rng.below(static_cast<std::uint32_t>(last))]);
  }
  return order;
}

}  // namespace torchwing
