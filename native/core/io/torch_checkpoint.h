#pragma once

#include <optional>
#include <string>

#include "core/io/weight_file.h"
#include "core/optim/optimizer_state.h"

namespace torchwing {

/// What a training script in Python saves to go on later:
///   torch.save({'model': model.state_dict(), 'optimizer': optimizer.state_dict(),
///               'scheduler': scheduler.state_dict()}, path)
/// with torch.optim.SGD over one parameter group and torch.optim.lr_scheduler.StepLR.
struct TorchCheckpoint {
  WeightFile model;  ///< with the file's record and the remarks on all that was read
  SgdState optimizer;
  std::optional<StepLrState> scheduler = std::nullopt;
};

/// Writes one, atomically, as writeWeights: torch.load(weights_only=True) opens it, and the three parts are
/// what load_state_dict of Python's classes takes. The model's record, where there is one, becomes
/// torchwing.json. Throws Error OUTPUT_WRITE.
void writeTorchCheckpoint(const std::string& path, const TorchCheckpoint& checkpoint);

/// Reads one as data, never as code, by the same closed list as readWeights. The parts may also be called
/// state_dict or model_state_dict, optimizer_state_dict, and lr_scheduler or scheduler_state_dict. Throws
/// Error WEIGHTS_* as readWeights, WEIGHTS_UNSUPPORTED also for a file without an optimizer's state and for
/// other optimizers and schedulers. Any thread.
TorchCheckpoint readTorchCheckpoint(const std::string& path);

}  // namespace torchwing
