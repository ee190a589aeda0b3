#pragma once

#include <cstdint>

#include "core/model/network.h"

namespace torchwing {

/// torchvision's initialisation of a float32 CPU network, bit for bit what `torch.manual_seed(seed)` right
/// before the constructor gives. Draws come from a generator of its own; LibTorch's global one is not
/// touched.
void initializeNetwork(Network& network, std::uint64_t seed);

/// `torch.manual_seed(seed); torch.nn.Linear(in, out)`, bit for bit.
void initializeLinear(Linear& linear, std::uint64_t seed);

}  // namespace torchwing
