#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/train/epoch_runner.h"
#include "core/train/loss_scaler.h"
#include "test/accelerator/streams.h"

namespace torchwing::simulated {

/// A model, its optimizer, loaders and executor on one device, wired as the binding wires them.
class TrainingRun : public PhaseListener {
 public:
  struct Options {
    at::Device device = simulated::device();
    Trainable trainable = Trainable::kAll;
    FrozenBatchNorm frozen = FrozenBatchNorm::kTutorial;
    MixOptions mix = {};
    double label_smoothing = 0;
    SgdOptions sgd = {.lr = 0.01, .momentum = 0.9, .weight_decay = 0.001};
    int images = 10;  ///< of two classes, 32 x 32; batches of 4, so that the last is short
    bool byte_batches = true;
    bool rate_on_device = false;  ///< as steps with graphs have it
    bool graph = false;           ///< needs GraphsHere
    Layout layout = Layout::kStrided;
    Precision precision = Precision::kFp32;
    bool auto_batch = false;
    std::int64_t micro_batch = 0;                   ///< as PhaseOptions::micro_batch, from the first step on
    double loss_scale = LossScaler::kInitialScale;  ///< to begin with, in float16
  };

  explicit TrainingRun(const Options& options);
  ~TrainingRun() override;

  PhaseResult train(std::int64_t epoch, std::int64_t start_step = 0, std::int64_t max_steps = -1);
  PhaseResult validate(std::int64_t epoch);
  /// Training and validation for this many epochs.
  void fit(std::int64_t epochs);

  /// The weights and buffers, on the CPU.
  StateDict snapshot();
  /// Compute thread, as the binding's Session has them: what a checkpoint holds.
  StateDict state() const;
  void loadState(const StateDict& tensors);

  /// Runs `job` on the compute thread, in the short lane.
  void inShortLane(const std::function<void()>& job);
  Executor& executor() { return *executor_; }
  ResNet& model() { return *model_; }
  Sgd& sgd() { return *sgd_; }
  GraphedStep& graph() { return *graph_; }
  LossScaler& scaler() { return *scaler_; }
  StopFlag& stop() { return stop_; }

  /// Drops everything, in the order of a session's end, while work may be queued.
  void dispose();

  std::function<void(const Progress&)> on_progress;
  std::function<void(const PhasePosition&)> on_snapshot;  ///< after each step, when it is set

  void onProgress(const Progress& progress) override;
  bool wantsSnapshot(const PhasePosition&) override { return on_snapshot != nullptr; }
  void onSnapshot(const PhasePosition& position) override { on_snapshot(position); }

 private:
  /// One phase's images, and their way to the device.
  struct Images {
    explicit Images(LoaderOptions options) : loader(std::move(options)), batches(loader) {}

    Loader loader;
    BatchMover batches;
  };

  PhaseResult run(const PhaseOptions& options, Images& images);

  Options options_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<ResNet> model_;
  std::unique_ptr<Sgd> sgd_;
  std::unique_ptr<LossScaler> scaler_;  ///< in float16
  std::unique_ptr<Images> train_images_, val_images_;
  std::unique_ptr<GraphedStep> graph_;
  StopFlag stop_;
};

/// Names of the tensors that differ in one bit or more.
std::vector<std::string> differences(const StateDict& left, const StateDict& right);

}  // namespace torchwing::simulated
