#include "core/train/graphed_step.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/device/stream_scope.h"

namespace torchwing {
namespace {

/// Every GraphedStep of this compute thread.
thread_local std::vector<GraphedStep*> graphs_here;

bool sameForm(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && a.device() == b.device();
}

}  // namespace

GraphedStep::GraphedStep(at::Device device) : device_(device) {
  requireDeviceGraphs(device);
  if (!device.is_cpu()) stream_ = streamOfPool(device);
  graphs_here.push_back(this);
}

GraphedStep::~GraphedStep() {
  release();
  std::erase(graphs_here, this);
}

void GraphedStep::beginPhase(TrainingStep& step, ResNet& model, Sgd& optimizer, const PhaseOptions& options,
                             std::int64_t batch_size) {
  model_ = &model;
  optimizer_ = &optimizer;
  options_ = options;
  batch_size_ = batch_size;
  if (graph_ != nullptr && signatureOf(model, optimizer, options) != signature_) release();
  if (graph_ == nullptr) return;
  guard_->restart();
  step.useGuard(guard_);
}

std::vector<StepFigures> GraphedStep::run(TrainingStep& step, const MixedBatch& batch, std::int64_t number,
                                          std::int64_t micro_batch) {
  if (micro_batch > 0) {
    release();
    return step.run(batch, number, micro_batch);
  }
  if (batch.images.size(0) != batch_size_ || warmingUp()) return step.run(batch, number);
  step_ = &step;
  number_ = number;
  if (graph_ == nullptr) record(batch);
  if (!fits(batch)) return step.run(batch, number);
  inputs_.images.copy_(batch.images);
  inputs_.labels.copy_(batch.labels);
  graph_->replay();
  step.noteReplayed(number);
  ++replayed_;
  return outputs_;
}

bool GraphedStep::warmingUp() {
  if (warm_ == kWarmUpSteps) return !optimizer_->pastFirstSteps();
  ++warm_;
  return true;
}

bool GraphedStep::fits(const MixedBatch& batch) const {
  return sameForm(batch.images, inputs_.images) && sameForm(batch.labels, inputs_.labels);
}

void GraphedStep::record(const MixedBatch& batch) {
  inputs_ = {at::empty_like(batch.images), at::empty_like(batch.labels)};
  std::unique_ptr<DeviceGraph> graph = makeDeviceGraph(device_);
  // Casts of weights that were cached outside would be read by the graph when they are long gone, and those
  // cached inside lie in its memory.
  at::autocast::clear_cache();
  // The backward pass then allocates gradients in the graph's memory, and those of the steps before give back
  // theirs.
  optimizer_->zeroGrad();
  try {
    graph->capture([this] { outputs_ = step_->attempt(inputs_, number_); });
  } catch (...) {
    at::autocast::clear_cache();
    // They lie in the graph's memory, and are of work that was never done.
    optimizer_->zeroGrad();
    inputs_ = {};
    outputs_ = {};
    throw;
  }
  at::autocast::clear_cache();
  graph_ = std::move(graph);
  guard_ = step_->guard();
  signature_ = signatureOf(*model_, *optimizer_, options_);
  ++recorded_;
}

void GraphedStep::release() noexcept {
  graph_.reset();
  inputs_ = {};
  outputs_ = {};
  signature_.clear();
  guard_.reset();
  warm_ = 0;
}

bool GraphedStep::giveBack() noexcept {
  const bool held = graph_ != nullptr;
  if (held) release();
  return held;
}

void releaseGraphsHere() noexcept {
  for (GraphedStep* graph : graphs_here) graph->release();
}

}  // namespace torchwing
