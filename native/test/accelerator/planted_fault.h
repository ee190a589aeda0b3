#pragma once

#include <atomic>

namespace torchwing::simulated {

/// Mistakes that a program could make, planted to see that the device shows them.
enum class Fault {
  kNone,
  kComputingWaitsForNoEvent,  ///< the default stream
  kCopyingWaitsForNoEvent,    ///< every other
  kHostWaitsForNoEvent,
};

inline std::atomic<Fault> planted_fault{Fault::kNone};

class PlantedFault {
 public:
  explicit PlantedFault(Fault fault) { planted_fault = fault; }
  ~PlantedFault() { planted_fault = Fault::kNone; }
  PlantedFault(const PlantedFault&) = delete;
  PlantedFault& operator=(const PlantedFault&) = delete;
};

}  // namespace torchwing::simulated
