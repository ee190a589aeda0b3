#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <future>
#include <utility>
#include <vector>

#include "core/train/epoch_runner.h"
#include "test/train/drawn_samples.h"

namespace torchwing {

/// `count` drawn images of two classes in batches of `batch_size`, `side` pixels wide and high.
inline LoaderOptions drawnImages(int count, std::int64_t batch_size, int side) {
  LoaderOptions options;
  options.samples = drawnSamples(count, side);
  options.transforms = {transform::Resize{side, side}, transform::ToTensor{},
                        transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};
  options.batch_size = batch_size;
  options.workers = 2;
  return options;
}

struct SmallRunOptions {
  Layout layout = Layout::kFast;
  Trainable trainable = Trainable::kAll;
  FrozenBatchNorm frozen = FrozenBatchNorm::kTutorial;
  std::int64_t batch_size = 4;
  int side = 32;
};

/// A model, its optimizer and a loader, run on an executor's thread as the binding runs them.
class SmallRun : public PhaseListener {
 public:
  explicit SmallRun(const SmallRunOptions& options)
      : model_({.classes = 2, .seed = 1, .layout = options.layout}),
        loader_(drawnImages(static_cast<int>(3 * options.batch_size), options.batch_size, options.side)) {
    model_.setTrainable(options.trainable, options.frozen);
    sgd_ = std::make_unique<Sgd>(model_.parameters(), SgdOptions{.lr = 0.01, .momentum = 0.9});
    loader_.onReady([this] { executor_.wake(); });
  }
  ~SmallRun() override { executor_.shutdown(); }
  SmallRun(const SmallRun&) = delete;
  SmallRun& operator=(const SmallRun&) = delete;

  /// Throws what the phase throws.
  PhaseResult run(const PhaseOptions& options) {
    std::promise<PhaseResult> result;
    executor_.post(Executor::Lane::kLong, [&] {
      // The phase serves the short lane right before its first step.
      executor_.post(Executor::Lane::kShort, [this] { before_step(); });
      try {
        result.set_value(runPhase(model_, sgd_.get(), loader_, options, executor_, stop_, *this));
      } catch (...) {
        result.set_exception(std::current_exception());
      }
    });
    return result.get_future().get();
  }

  /// A copy of everything that a step changes.
  struct State {
    StateDict model;
    std::vector<at::Tensor> momentum;
  };
  State state() const { return {model_.snapshot(), sgd_->momentumBuffers()}; }
  void restore(const State& state) {
    model_.load(state.model);
    sgd_->setMomentumBuffers(state.momentum);
    sgd_->zeroGrad();
  }

  /// What is no longer as in `expected`, to the bit, by name.
  std::string differences(const State& expected) const {
    std::string names;
    const StateDict model = model_.state();
    for (std::size_t i = 0; i < model.size(); ++i)
      if (!model[i].tensor.equal(expected.model[i].tensor)) names += model[i].name + " ";
    const std::vector<at::Tensor> momentum = sgd_->momentumBuffers();
    for (std::size_t i = 0; i < momentum.size(); ++i) {
      const at::Tensor& before = expected.momentum[i];
      if (before.defined() != momentum[i].defined() || (before.defined() && !before.equal(momentum[i])))
        names += "momentum " + std::to_string(i) + " ";
    }
    return names;
  }

  void onProgress(const Progress&) override {}
  bool wantsSnapshot(const PhasePosition&) override { return true; }
  void onSnapshot(const PhasePosition& position) override { positions.push_back(position); }
  void onMicroBatch(std::int64_t micro_batch, std::int64_t) override { halvings.push_back(micro_batch); }

  std::function<void()> before_step = [] {};
  std::vector<PhasePosition> positions;
  std::vector<std::int64_t> halvings;

 private:
  ResNet model_;
  std::unique_ptr<Sgd> sgd_;
  Loader loader_;
  StopFlag stop_;
  Executor executor_;
};

}  // namespace torchwing
