#pragma once

#include <string>

#include "core/model/named_tensor.h"

namespace torchwing::pickle {

/// The protocol-2 pickle of OrderedDict(name → tensor) as torch.save writes it: tensor i contiguous in
/// storage "i" on the CPU, whatever its own strides and device. Throws Error WEIGHTS_UNSUPPORTED for a dtype
/// outside storageTypeName's.
std::string pickleStateDict(const StateDict& tensors);

}  // namespace torchwing::pickle
