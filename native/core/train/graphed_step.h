#pragma once

#include <c10/core/Stream.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/device/device_graph.h"
#include "core/train/step_signature.h"
#include "core/train/training_step.h"

namespace torchwing {

/// A session's training step as a CUDA graph: the first steps on whole batches are run one operation at a
/// time and count as any other; the next one is recorded, and from then on each is one call. Numbers are
/// those of the steps run by themselves. A batch of another size, the last of an epoch, is run by itself.
///
/// Compute thread. Between two steps anything may run there that leaves the model alone: predictions,
/// snapshots.
class GraphedStep {
 public:
  /// At least so many steps are run by themselves before one is recorded: cuDNN has chosen its kernels then,
  /// and libraries have their workspaces. Each parameter must have its momentum buffer, too, which in float16
  /// takes longer: a step whose gradients overflow makes none.
  static constexpr int kWarmUpSteps = 3;

  /// Throws Error CUDA_GRAPH_UNAVAILABLE, saying why.
  explicit GraphedStep(at::Device device);
  /// release()
  ~GraphedStep();
  GraphedStep(const GraphedStep&) = delete;
  GraphedStep& operator=(const GraphedStep&) = delete;

  /// Where the phase's work has to be queued, so that it can be recorded; nothing on the CPU, whose stand-in
  /// graphs of the tests need none.
  const std::optional<c10::Stream>& stream() const noexcept { return stream_; }

  /// Before the first step of a training phase, which is run by `step`, of this model and optimizer. What was
  /// recorded is kept across phases, unless something else than the values of weights changed meanwhile.
  void beginPhase(TrainingStep& step, ResNet& model, Sgd& optimizer, const PhaseOptions& options,
                  std::int64_t batch_size);

  /// As TrainingStep::run(); the result's tensors are good until the next step. A step in parts, for which
  /// memory has run out, is run by itself, and the graph's memory is given back. A recording that fails has
  /// changed nothing.
  std::vector<StepFigures> run(TrainingStep& step, const MixedBatch& batch, std::int64_t number,
                               std::int64_t micro_batch = 0);

  /// How many steps were replayed.
  std::int64_t replayed() const noexcept { return replayed_; }
  /// How many times a step was recorded.
  std::int64_t recorded() const noexcept { return recorded_; }

  /// Destroys the graph and its tensors; the next steps begin anew.
  void release() noexcept;
  /// The same, for memory that is wanted by something else; says whether there was any.
  bool giveBack() noexcept;

 private:
  /// Whether the next step is one of those before the recording.
  bool warmingUp();
  bool fits(const MixedBatch& batch) const;
  void record(const MixedBatch& batch);

  const at::Device device_;
  std::optional<c10::Stream> stream_;
  std::int64_t batch_size_ = 0;
  PhaseOptions options_;
  ResNet* model_ = nullptr;
  Sgd* optimizer_ = nullptr;
  TrainingStep* step_ = nullptr;  ///< of the running step
  std::int64_t number_ = 0;       ///< likewise
  int warm_ = 0;
  std::unique_ptr<DeviceGraph> graph_;
  std::shared_ptr<LossGuard> guard_;  ///< that graph_ writes into
  StepSignature signature_;           ///< of graph_
  MixedBatch inputs_;                 ///< what graph_ reads
  std::vector<StepFigures> outputs_;  ///< what graph_ writes
  std::int64_t replayed_ = 0;
  std::int64_t recorded_ = 0;
};

/// The last act of a compute thread: graphs that JavaScript still holds are destroyed while the driver is
/// there.
void releaseGraphsHere() noexcept;

}  // namespace torchwing
