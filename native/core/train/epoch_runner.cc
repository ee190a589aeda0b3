#include "core/train/epoch_runner.h"

#include <chrono>
#include <cmath>
#include <exception>
#include <optional>
#include <vector>

#include "core/device/device_memory.h"
#include "core/device/stream_scope.h"
#include "core/error.h"
#include "core/train/mix_batch.h"
#include "core/train/running_metrics.h"
#include "core/train/step_memory.h"
#include "core/train/training_step.h"

namespace torchwing {
namespace {

using Clock = std::chrono::steady_clock;

/// Progress is a figure for people; on an accelerator each one makes the host wait.
constexpr double kSecondsBetweenProgress = 0.1;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class PhaseRun {
 public:
  PhaseRun(ResNet& model, Sgd* optimizer, BatchMover& batches, const PhaseOptions& options,
           PhaseListener& listener, GraphedStep* graph)
      : model_(model),
        optimizer_(optimizer),
        batches_(batches),
        loader_(batches.loader()),
        options_(options),
        listener_(listener),
        graph_(options.phase == Phase::kTrain ? graph : nullptr),
        step_(model, optimizer, options),
        memory_(options, model.device(), [graph] { return graph != nullptr && graph->giveBack(); }),
        metrics_({options.before.loss_sum, options.before.correct}, model.device()),
        images_(options.before.images),
        next_step_(options.start_step) {}

  PhaseResult run(Executor& executor, const StopFlag& stop) {
    resetPeakMemory(model_.device());
    std::optional<StreamScope> stream;
    if (graph_ != nullptr && graph_->stream().has_value()) stream.emplace(*graph_->stream());
    model_.train(training());
    if (graph_ != nullptr) graph_->beginPhase(step_, model_, *optimizer_, options_, loader_.batchSize());
    model_.packFor(loader_.batchSize());
    batches_.begin(model_.device(), model_.dtype(), options_.epoch, options_.start_step);
    const EpochEnd epoch_end{batches_};
    while (result_.steps != options_.max_steps) {
      executor.serveShortLane();
      const Clock::time_point begin = Clock::now();
      executor.waitFor([&] { return batches_.ready() || stop.requested(); });
      result_.wait_seconds += secondsSince(begin);
      result_.stopped = stop.requested() || executor.shuttingDown();
      if (result_.stopped) break;
      const std::optional<MovedBatch> batch = next();
      if (!batch) break;
      step(*batch);
    }
    result_.next_step = next_step_;
    result_.counts = counts();
    result_.seconds = secondsSince(begin_);
    result_.costs = loader_.costs();
    result_.micro_batch = memory_.microBatch();
    result_.device_memory = deviceMemory(model_.device());
    return result_;
  }

 private:
  struct EpochEnd {
    BatchMover& batches;
    ~EpochEnd() { batches.end(); }
  };

  bool training() const { return options_.phase == Phase::kTrain; }

  /// Mixed where training asks for it.
  MixedBatch mixed(const MovedBatch& batch) const {
    if (!training() || !options_.mix.enabled()) return {batch.images, batch.labels};
    return mixBatch(options_.mix, options_.epoch, batch.step, batch.images, batch.labels, model_.classes());
  }

  /// The next batch, on the model's device.
  std::optional<MovedBatch> next() {
    return memory_.retry([&](std::int64_t) { return batches_.next(); }, next_step_, loader_.batchSize(),
                         listener_);
  }

  /// The whole of a step's arithmetic, in smaller parts where memory runs out.
  std::vector<StepFigures> compute(const MovedBatch& batch) {
    const auto retry = [&](const auto& work) {
      return memory_.retry(work, batch.step, batch.labels.size(0), listener_);
    };
    const MixedBatch taken = retry([&](std::int64_t) { return mixed(batch); });
    return retry([&](std::int64_t micro_batch) {
      return graph_ != nullptr ? graph_->run(step_, taken, batch.step, micro_batch)
                               : step_.run(taken, batch.step, micro_batch);
    });
  }

  void step(const MovedBatch& batch) {
    for (const StepFigures& part : compute(batch)) {
      metrics_.add(part);
      images_ += part.images;
    }
    batches_.copyAhead();
    result_.steps += 1;
    // A batch of which every image was left out is no step but has a number.
    next_step_ = batch.step + 1;
    reportProgress();
    offerSnapshot();
  }

  /// The device is waited for here. Throws Error LOSS_NOT_FINITE.
  RunningMetrics::Values readMetrics() {
    const RunningMetrics::Values values = metrics_.read();
    if (!std::isfinite(values.loss_sum)) step_.requireFinite();
    return values;
  }

  /// Throws Error LOSS_NOT_FINITE.
  PhaseCounts counts() {
    const RunningMetrics::Values values = readMetrics();
    return {images_, values.correct, values.loss_sum, options_.before.skipped + batches_.skipped()};
  }

  void offerSnapshot() {
    PhasePosition position{options_.phase, options_.epoch, next_step_, {}, memory_.microBatch()};
    if (!listener_.wantsSnapshot(position)) return;
    position.counts = counts();
    listener_.onSnapshot(position);
  }

  void reportProgress() {
    const bool last = next_step_ == loader_.steps();
    if (result_.steps > 1 && !last && secondsSince(last_progress_) < kSecondsBetweenProgress) return;
    last_progress_ = Clock::now();
    const RunningMetrics::Values values = readMetrics();
    const auto images = static_cast<double>(images_);
    listener_.onProgress({options_.phase, options_.epoch, next_step_, loader_.steps(), images_,
                          values.loss_sum / images, static_cast<double>(values.correct) / images,
                          secondsSince(begin_)});
  }

  ResNet& model_;
  Sgd* optimizer_;
  BatchMover& batches_;
  Loader& loader_;
  const PhaseOptions options_;
  PhaseListener& listener_;
  GraphedStep* graph_;
  TrainingStep step_;
  StepMemory memory_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point last_progress_ = begin_;
  RunningMetrics metrics_;
  std::int64_t images_;
  std::int64_t next_step_;
  PhaseResult result_;
};

}  // namespace

PhaseResult runPhase(ResNet& model, Sgd* optimizer, BatchMover& batches, const PhaseOptions& options,
                     Executor& executor, const StopFlag& stop, PhaseListener& listener, GraphedStep* graph) {
  try {
    return PhaseRun(model, optimizer, batches, options, listener, graph).run(executor, stop);
  } catch (const Error&) {
    throw;
  } catch (...) {
    refusePhase(std::current_exception(), options, model.device(), batches.loader().batchSize());
  }
}

}  // namespace torchwing
