#include "test/accelerator/training_run.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <exception>
#include <future>
#include <string>
#include <utility>

#include "core/train/training_state.h"
#include "test/train/drawn_samples.h"

namespace torchwing::simulated {
namespace {

LoaderOptions imagesOf(const TrainingRun::Options& options, bool training) {
  LoaderOptions loader;
  loader.samples = drawnSamples(options.images);
  loader.transforms = {transform::Resize{32, 32}};
  if (training) loader.transforms.push_back(transform::RandomHorizontalFlip{});
  loader.transforms.push_back(transform::ToTensor{});
  loader.transforms.push_back(transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}});
  // What comes after the normalisation needs floats.
  if (!options.byte_batches) loader.transforms.push_back(transform::RandomErasing{});
  loader.shuffle = training;
  loader.workers = 2;
  return loader;
}

}  // namespace

TrainingRun::TrainingRun(const Options& options)
    : options_(options), executor_(std::make_unique<Executor>()) {
  inShortLane([&] {
    at::set_num_threads(1);
    model_ = std::make_unique<ResNet>(
        ResNetOptions{.classes = 2, .seed = 3, .layout = options_.layout, .precision = options_.precision});
    model_->to(options_.device);
    model_->setTrainable(options_.trainable, options_.frozen);
    sgd_ = std::make_unique<Sgd>(model_->parameters(), options_.sgd);
    if (options_.rate_on_device || options_.graph) sgd_->keepRateOnDevice();
    if (options_.graph) graph_ = std::make_unique<GraphedStep>(options_.device);
    if (options_.precision == Precision::kFp16) {
      scaler_ = std::make_unique<LossScaler>(options_.device);
      scaler_->load({{"scale", at::full({1}, options_.loss_scale, at::kFloat)},
                     {"growth_tracker", at::zeros({1}, at::kInt)}});
    }
  });
  for (auto& [images, training] : {std::pair(&train_images_, true), std::pair(&val_images_, false)}) {
    *images = std::make_unique<Images>(imagesOf(options_, training));
    (*images)->loader.onReady([this] { executor_->wake(); });
  }
}

TrainingRun::~TrainingRun() {
  dispose();
}

void TrainingRun::dispose() {
  if (!executor_) return;
  inShortLane([this] {
    train_images_.reset();
    val_images_.reset();
    graph_.reset();
    sgd_.reset();
    scaler_.reset();
    model_.reset();
  });
  executor_->shutdown();
  executor_.reset();
}

void TrainingRun::inShortLane(const std::function<void()>& job) {
  std::promise<void> done;
  executor_->post(Executor::Lane::kShort, [&] {
    try {
      job();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

PhaseResult TrainingRun::run(const PhaseOptions& options, Images& images) {
  std::promise<PhaseResult> result;
  executor_->post(Executor::Lane::kLong, [&] {
    try {
      result.set_value(
          runPhase(*model_, sgd_.get(), images.batches, options, *executor_, stop_, *this, graph_.get()));
    } catch (...) {
      result.set_exception(std::current_exception());
    }
  });
  return result.get_future().get();
}

PhaseResult TrainingRun::train(std::int64_t epoch, std::int64_t start_step, std::int64_t max_steps) {
  PhaseOptions options;
  options.epoch = epoch;
  options.start_step = start_step;
  options.max_steps = max_steps;
  options.scaler = scaler_.get();
  options.mix = options_.mix;
  options.auto_batch = options_.auto_batch;
  options.micro_batch = options_.micro_batch;
  options.label_smoothing = options_.label_smoothing;
  return run(options, *train_images_);
}

PhaseResult TrainingRun::validate(std::int64_t epoch) {
  PhaseOptions options;
  options.phase = Phase::kVal;
  options.epoch = epoch;
  options.label_smoothing = options_.label_smoothing;
  return run(options, *val_images_);
}

void TrainingRun::fit(std::int64_t epochs) {
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    train(epoch);
    validate(epoch);
  }
}

StateDict TrainingRun::snapshot() {
  StateDict weights;
  inShortLane([&] { weights = model_->snapshot(); });
  return weights;
}

StateDict TrainingRun::state() const {
  TrainingState parts{.model = model_->snapshot(), .momentum = {}, .best = {}, .scaler = {}};
  const std::vector<at::Tensor> buffers = sgd_->momentumBuffers();
  const StateDict parameters = model_->namedParameters();
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].defined()) parts.momentum.push_back({parameters[i].name, buffers[i].cpu()});
  }
  if (scaler_) parts.scaler = scaler_->state();
  return joinTrainingState(std::move(parts));
}

void TrainingRun::loadState(const StateDict& tensors) {
  const TrainingState parts = splitTrainingState(tensors);
  model_->load(parts.model);
  std::vector<at::Tensor> buffers;
  for (const NamedTensor& parameter : model_->namedParameters()) {
    buffers.emplace_back();
    for (const NamedTensor& entry : parts.momentum) {
      if (entry.name == parameter.name) buffers.back() = entry.tensor;
    }
  }
  sgd_->setMomentumBuffers(buffers);
  if (scaler_) scaler_->load(parts.scaler);
}

void TrainingRun::onProgress(const Progress& progress) {
  if (on_progress) on_progress(progress);
}

std::vector<std::string> differences(const StateDict& left, const StateDict& right) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < left.size() || i < right.size(); ++i) {
    if (i >= left.size() || i >= right.size()) {
      names.push_back("the number of tensors");
      break;
    }
    if (left[i].name != right[i].name || !at::equal(left[i].tensor, right[i].tensor))
      names.push_back(left[i].name);
  }
  return names;
}

}  // namespace torchwing::simulated
