#include "core/optim/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace torchwing {
namespace {

[[noreturn]] void refuse(const std::string& name, double received, const std::string& expected) {
  std::ostringstream text;
  text << "Invalid value for \"optimizer." << name << "\": received " << received << ", expected " << expected
       << ".";
  throw Error("INVALID_CONFIG", text.str());
}

void checkNotNegative(const std::string& name, double value) {
  if (!(std::isfinite(value) && value >= 0)) refuse(name, value, "a finite number >= 0");
}

void checkOptions(const SgdOptions& options) {
  checkNotNegative("lr", options.lr);
  checkNotNegative("momentum", options.momentum);
  checkNotNegative("weightDecay", options.weight_decay);
  if (!std::isfinite(options.dampening)) refuse("dampening", options.dampening, "a finite number");
  if (options.nesterov && options.momentum == 0) {
    refuse("momentum", options.momentum, "a number > 0, because nesterov is on");
  }
  if (options.nesterov && options.dampening != 0) {
    refuse("dampening", options.dampening, "0, because nesterov is on");
  }
}

std::string shapeText(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// Parameters that one call of the fused operator may take together.
struct Group {
  std::vector<at::Tensor> parameters, gradients, buffers;
};

/// `rate`: the learning rate on the device, or undefined for that of the options. `found_inf`: see
/// Sgd::step().
void stepGroup(const Group& group, const SgdOptions& options, const at::Tensor& rate, bool first,
               const at::Tensor& found_inf) {
  if (group.parameters.empty()) return;
  const std::optional<at::Tensor> skip = found_inf.defined() ? std::optional(found_inf) : std::nullopt;
  if (rate.defined()) {
    at::_fused_sgd_(group.parameters, group.gradients, group.buffers, options.weight_decay, options.momentum,
                    rate, options.dampening, options.nesterov, /*maximize=*/false, first, /*grad_scale=*/{},
                    skip);
  } else {
    at::_fused_sgd_(group.parameters, group.gradients, group.buffers, options.weight_decay, options.momentum,
                    options.lr, options.dampening, options.nesterov, /*maximize=*/false, first,
                    /*grad_scale=*/{}, skip);
  }
}

/// Whether the fused operator rounds as Python's loop: it does in whole vectors (64 floats hold a whole
/// number of them on every CPU), while its code for the rest, as in the bias of a two-class head, rounds
/// otherwise.
bool fusedEqualsLoop(const at::Tensor& parameter) {
  return parameter.numel() % 64 == 0;
}

/// What Python's loop makes of one parameter and its buffer, which stay as they are until commit().
struct LoneStep {
  at::Tensor parameter, buffer;  ///< the buffer may be undefined, without momentum
  at::Tensor next_parameter, next_buffer;

  /// Makes no step where `skip` (bool [1]) is true.
  void unless(const at::Tensor& skip) {
    at::where_out(next_parameter, skip, parameter, next_parameter);
    if (buffer.defined()) at::where_out(next_buffer, skip, buffer, next_buffer);
  }
  void commit() {
    parameter.copy_(next_parameter);
    if (buffer.defined()) buffer.copy_(next_buffer);
  }
};

LoneStep stepAlone(const at::Tensor& parameter, at::Tensor gradient, const at::Tensor& buffer,
                   const SgdOptions& options, bool first) {
  LoneStep step{parameter, buffer, {}, {}};
  if (options.weight_decay != 0) gradient = gradient.add(parameter, options.weight_decay);
  if (options.momentum != 0) {
    step.next_buffer = first ? gradient : buffer.mul(options.momentum).add_(gradient, 1 - options.dampening);
    gradient = options.nesterov ? gradient.add(step.next_buffer, options.momentum) : step.next_buffer;
  }
  step.next_parameter = parameter.add(gradient, -options.lr);
  return step;
}

}  // namespace

Sgd::Sgd(std::vector<at::Tensor> parameters, const SgdOptions& options)
    : parameters_(std::move(parameters)), buffers_(parameters_.size()), options_(options) {
  checkOptions(options_);
}

void Sgd::setLr(double lr) {
  options_.lr = lr;
  if (rate_.defined()) rate_.fill_(lr);
}

const at::Tensor& Sgd::rateOnDevice() {
  const bool wanted = !parameters_.empty() && (keep_rate_on_device_ || parameters_.front().is_cuda());
  if (!wanted) {
    rate_.reset();
  } else if (!rate_.defined() || rate_.device() != parameters_.front().device()) {
    rate_ = at::full({}, options_.lr, at::TensorOptions(parameters_.front().device()).dtype(at::kFloat));
  }
  return rate_;
}

void Sgd::step(const at::Tensor& found_inf) {
  const at::NoGradGuard no_graph;
  // A first step that is not made must make no buffer either, or the next one would take it for momentum.
  if (found_inf.defined() && hasFirstStep() && found_inf.item<float>() != 0) return;
  const at::Tensor& rate = rateOnDevice();
  const bool with_momentum = options_.momentum != 0;
  // Whatever takes memory comes before the first change, so that a step that fails for it has changed
  // nothing. The operator's first step copies the gradient into the buffer and so ignores dampening; a
  // parameter that was frozen until now has its first step later than the others.
  std::vector<at::Tensor> buffers = buffers_;
  Group first, later;
  std::vector<LoneStep> alone;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.grad();
    if (!gradient.defined()) continue;
    const bool is_first = with_momentum && !buffers[i].defined();
    if (is_first) buffers[i] = at::empty_like(parameter);
    if (!rate.defined() && !fusedEqualsLoop(parameter)) {
      alone.push_back(stepAlone(parameter, gradient, buffers[i], options_, is_first));
      if (found_inf.defined() && !is_first) alone.back().unless(found_inf.ne(0));
      continue;
    }
    Group& group = is_first ? first : later;
    group.parameters.push_back(parameter);
    group.gradients.push_back(gradient);
    if (with_momentum) group.buffers.push_back(buffers[i]);
  }
  stepGroup(first, options_, rate, /*first=*/true, found_inf);
  stepGroup(later, options_, rate, /*first=*/false, found_inf);
  for (LoneStep& step : alone) step.commit();
  buffers_ = std::move(buffers);
}

bool Sgd::hasFirstStep() const {
  if (options_.momentum == 0) return false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].grad().defined() && !buffers_[i].defined()) return true;
  }
  return false;
}

bool Sgd::pastFirstSteps() const {
  if (options_.momentum == 0) return true;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].requires_grad() && !buffers_[i].defined()) return false;
  }
  return true;
}

void Sgd::zeroGrad() {
  // Undefined, not zero: the next backward pass then hands over its own tensors, and none lie idle in
  // between.
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

std::vector<at::Tensor> Sgd::momentumBuffers() const {
  std::vector<at::Tensor> copies = buffers_;
  for (at::Tensor& copy : copies) {
    if (!copy.defined()) continue;
    // Straight to the host, in the buffer's own order: anything else takes memory of the device.
    copy = copy.detach().to(at::kCPU, copy.scalar_type(), /*non_blocking=*/false, /*copy=*/true).contiguous();
  }
  return copies;
}

void Sgd::requireLoadable(const SgdState& state) const {
  checkOptions(state.options);
  if (state.momentum_buffers.size() != parameters_.size()) {
    throw Error("WEIGHTS_MISMATCH",
                "The optimizer state is for " + std::to_string(state.momentum_buffers.size()) +
                    " parameters, expected " + std::to_string(parameters_.size()) + ".",
                "An optimizer of the head alone (mode extractor) has 2.");
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& buffer = state.momentum_buffers[i];
    if (!buffer.defined() || buffer.sizes() == parameters_[i].sizes()) continue;
    throw Error("WEIGHTS_MISMATCH", "The momentum buffer of parameter " + std::to_string(i) +
                                        " has the shape " + shapeText(buffer.sizes()) + ", expected " +
                                        shapeText(parameters_[i].sizes()) + ".");
  }
}

void Sgd::load(const SgdState& state) {
  requireLoadable(state);
  setMomentumBuffers(state.momentum_buffers);
  options_ = state.options;
  setLr(state.options.lr);
}

void Sgd::setMomentumBuffers(const std::vector<at::Tensor>& buffers) {
  const at::NoGradGuard no_graph;
  if (buffers.size() != parameters_.size()) {
    throw Error("INVALID_ARGUMENT", "Invalid value for \"momentumBuffers\": received " +
                                        std::to_string(buffers.size()) + " tensors, expected " +
                                        std::to_string(parameters_.size()) + ", one per parameter.");
  }
  std::vector<at::Tensor> copies(buffers.size());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (!buffers[i].defined()) continue;
    if (buffers[i].sizes() != parameters_[i].sizes()) {
      throw Error("INVALID_ARGUMENT", "Invalid value for \"momentumBuffers[" + std::to_string(i) +
                                          "]\": received a shape that is not its parameter's.");
    }
    copies[i] = at::empty_like(parameters_[i]);
    copies[i].copy_(buffers[i]);
  }
  buffers_ = std::move(copies);
}

}  // namespace torchwing
