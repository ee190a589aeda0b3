#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/named_tensor.h"

namespace torchwing {

/// What a weight file held: tensors in file order on the CPU, the text of its torchwing.json record if it has
/// one, and remarks for the user (a stripped prefix, a dtype that loading converts, a wrong checksum).
/// Tensors have the dtype, shape and strides of the file; some may be views of one storage.
struct WeightFile {
  StateDict tensors;
  std::optional<std::string> record;
  std::vector<std::string> notes;
};

/// Reads a .pth, of the zip format or the one before PyTorch 1.6, by a closed list of pickle opcodes and
/// globals; nothing in the file is ever executed. Throws Error WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT (not such a
/// file, truncated, a Git-LFS pointer), WEIGHTS_UNSAFE (a global outside the list, by name) or
/// WEIGHTS_UNSUPPORTED (TorchScript, whole module). Any thread.
WeightFile readWeights(const std::string& path);

/// Writes the zip form of torch.save(OrderedDict) plus the record `torchwing.json`;
/// torch.load(weights_only=True) opens it. An empty `record` writes none. Equal tensors and record give equal
/// bytes, whatever the path. Atomic: temporary file in the same folder, fsync, rename, fsync of the folder.
/// Throws Error OUTPUT_WRITE, also beyond 4 GiB.
void writeWeights(const std::string& path, const StateDict& tensors, const std::string& record);

}  // namespace torchwing
