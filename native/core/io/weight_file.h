#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/module_versions.h"
#include "core/model/named_tensor.h"

namespace torchwing {

/// What a weight file held: tensors in file order on the CPU, the text of its torchwing.json record if it has
/// one, module versions if it has them, and remarks for the user (a stripped prefix, a dtype that loading
/// converts, a wrong checksum). Tensors have the dtype, shape and strides of the file; some may be views of
/// one storage.
struct WeightFile {
  StateDict tensors;
  std::optional<std::string> record = std::nullopt;
  std::vector<std::string> notes = {};
  ModuleVersions versions = {};
};

/// The record's name: a member of a .pth, a key of safetensors' `__metadata__`.
inline constexpr char kRecordName[] = "torchwing.json";

/// Reads a .pth, of the zip format or the one before PyTorch 1.6, or safetensors, told apart by content. A
/// pickle is read by a closed list of opcodes and globals; nothing in the file is ever executed. Bytes go
/// straight into the memory of the tensors. With `prefix` only the tensors whose names begin with it are
/// kept, and it is taken off; without one, "module." is where every name begins so. Throws Error
/// WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT (not such a file, truncated, a Git-LFS pointer), WEIGHTS_UNSAFE (a
/// global outside the list, by name), WEIGHTS_UNSUPPORTED (TorchScript, whole module) or WEIGHTS_MISMATCH (no
/// name begins with `prefix`). Any thread.
WeightFile readWeights(const std::string& path, const std::string& prefix = {});

enum class WeightFormat { kPth, kSafetensors };

/// Writes the zip form of torch.save(OrderedDict), which torch.load(weights_only=True) opens, or safetensors;
/// with the record inside, or none where `record` is empty. Views become contiguous tensors of their own.
/// Equal tensors and record give equal bytes, whatever the path. Atomic: temporary file in the same folder,
/// fsync, rename, fsync of the folder. Throws Error OUTPUT_WRITE, also for a .pth beyond 4 GiB, or
/// WEIGHTS_UNSUPPORTED for a dtype.
void writeWeights(const std::string& path, const StateDict& tensors, const std::string& record,
                  WeightFormat format = WeightFormat::kPth);

}  // namespace torchwing
