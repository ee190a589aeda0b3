// Every kind of operator of a training step, on the CPU and on another device, on the same random numbers:
// prints one line of JSON per group with the largest difference, relative to the largest value.
//
//   torchwing_operator_parity DEVICE [LIBTORCH_CUDA]     for example cuda:0 /path/to/libtorch_cuda.so
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/model/loss.h"
#include "core/model/resnet.h"
#include "core/optim/sgd.h"
#include "core/train/batch_images.h"
#include "core/train/mix_batch.h"

namespace torchwing {
namespace {

using Tensors = std::vector<at::Tensor>;
/// What a group of operators makes of its inputs, which are on one device.
using Work = std::function<Tensors(const Tensors&)>;

struct Group {
  std::string name;
  Tensors inputs;    ///< on the CPU; floating ones take part in the backward pass
  double tolerance;  ///< of the difference, relative to the largest value of the CPU's result; 0: to the bit
  Work work;
  bool backward = true;  ///< also compares the gradients of the inputs
};

at::Tensor draw(at::IntArrayRef shape) {
  static at::Generator generator = at::detail::createCPUGenerator(7);
  return at::randn(shape, generator);
}

Tensors runOn(const Group& group, at::Device device) {
  Tensors inputs;
  for (const at::Tensor& input : group.inputs) {
    at::Tensor moved = input.to(device).detach();
    if (group.backward && moved.is_floating_point()) moved.requires_grad_();
    inputs.push_back(std::move(moved));
  }
  Tensors results = group.work(inputs);
  if (group.backward) {
    at::Tensor sum = at::zeros({}, at::TensorOptions(device));
    // Weighted, so that no gradient is the same everywhere; by the CPU, so that both devices weight alike.
    for (const at::Tensor& result : results) {
      const at::Tensor weights = at::arange(result.numel(), at::kFloat).sin().view(result.sizes());
      sum = sum + (result * weights.to(device)).sum();
    }
    sum.backward();
    for (const at::Tensor& input : inputs) {
      if (input.grad().defined()) results.push_back(input.grad());
    }
  }
  for (at::Tensor& result : results) result = result.detach().to(at::kCPU).to(at::kDouble);
  return results;
}

/// The largest difference of any result, relative to the largest value of that result.
double difference(const Tensors& expected, const Tensors& received) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = expected[i].abs().max().item<double>();
    const double apart = (expected[i] - received[i]).abs().max().item<double>();
    const double relative = scale > 0 ? apart / scale : apart;
    worst = std::max(worst, std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative);
  }
  return worst;
}

Tensors sgdSteps(const Tensors& inputs) {
  const at::Tensor parameter = inputs[0].detach().clone().requires_grad_();
  Sgd sgd({parameter}, {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-3, .nesterov = true});
  sgd.keepRateOnDevice();
  for (int step = 0; step < 3; ++step) {
    parameter.mutable_grad() = inputs[1].detach() * (step + 1);
    sgd.step();
  }
  return {parameter.detach(), sgd.buffers()[0]};
}

Tensors wholeModel(const Tensors& inputs, bool training) {
  ResNet model({.classes = 5, .seed = 3, .layout = Layout::kStrided});
  model.to(inputs[0].device());
  model.train(training);
  Tensors results{model.forward(inputs[0], /*grad=*/false)};
  if (training) results.push_back(model.state()[3].tensor);
  return results;
}

std::vector<Group> groups() {
  const at::Tensor images = draw({4, 3, 64, 64});
  const at::Tensor features = draw({4, 16, 32, 32});
  const at::Tensor labels = at::arange(4) % 5;
  const at::Tensor shares = draw({4, 5}).softmax(1);
  const at::Tensor bytes = at::arange(4 * 8 * 8 * 3).remainder(256).to(at::kByte).view({4, 8, 8, 3});
  // Gradients of inputs are those of the whole chain of a group, so tolerances are of sums of thousands of
  // products.
  return {
      {"convolution",
       {images, draw({16, 3, 7, 7})},
       1e-4,
       [](const Tensors& in) { return Tensors{at::conv2d(in[0], in[1], {}, 2, 3)}; }},
      {"batch norm, batch statistics",
       {features, draw({16}), draw({16})},
       1e-4,
       [](const Tensors& in) {
         return Tensors{at::batch_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-5, true)};
       }},
      {"batch norm, stored statistics",
       {features, draw({16}), draw({16}), draw({16}), draw({16}).abs().add(1)},
       1e-4,
       [](const Tensors& in) {
         return Tensors{
             at::batch_norm(in[0], in[1], in[2], in[3].detach(), in[4].detach(), false, 0.1, 1e-5, true)};
       }},
      {"add and relu",
       {features, draw({4, 16, 32, 32})},
       0,
       [](const Tensors& in) { return Tensors{at::relu(in[0] + in[1])}; }},
      {"max pooling",
       {features},
       1e-6,
       [](const Tensors& in) {
         return Tensors{at::max_pool2d(in[0], {3, 3}, {2, 2}, {1, 1})};
       }},
      {"average pooling",
       {features},
       1e-5,
       [](const Tensors& in) {
         return Tensors{in[0].mean({2, 3})};
       }},
      {"linear",
       {draw({4, 512}), draw({5, 512}), draw({5})},
       1e-4,
       [](const Tensors& in) { return Tensors{at::linear(in[0], in[1], in[2])}; }},
      {"cross-entropy",
       {draw({4, 5})},
       1e-5,
       [labels](const Tensors& in) { return Tensors{crossEntropy(in[0], labels.to(in[0].device()), 0)}; }},
      {"cross-entropy, smoothed shares",
       {draw({4, 5}), shares},
       1e-5,
       [](const Tensors& in) { return Tensors{crossEntropy(in[0], in[1].detach(), 0.1)}; }},
      {"SGD", {draw({64, 33}), draw({64, 33})}, 1e-6, sgdSteps, /*backward=*/false},
      {"pixels by table",
       {bytes, draw({768})},
       0,
       [](const Tensors& in) { return Tensors{lookUp(in[0], in[1])}; },
       /*backward=*/false},
      {"mixing",
       {images, labels},
       1e-6,
       [](const Tensors& in) {
         const MixedBatch mixed = mixBatch(MixOptions{.mixup_alpha = 1}, 0, 1, in[0], in[1], 5);
         return Tensors{mixed.images, mixed.labels};
       },
       /*backward=*/false},
      {"correct ones",
       {draw({64, 5}), at::arange(64) % 5},
       0,
       [](const Tensors& in) { return Tensors{at::argmax(in[0], 1).eq(in[1]).sum()}; },
       /*backward=*/false},
      {"ResNet-18, training",
       {images},
       1e-3,
       [](const Tensors& in) { return wholeModel(in, true); },
       /*backward=*/false},
      {"ResNet-18, evaluation",
       {images},
       1e-3,
       [](const Tensors& in) { return wholeModel(in, false); },
       /*backward=*/false},
  };
}

int compare(const std::string& name, const char* library) {
  if (library != nullptr && dlopen(library, RTLD_NOW | RTLD_LOCAL) == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 4;
  }
  const at::Device device(name);
  for (const Group& group : groups()) {
    const double apart = difference(runOn(group, at::kCPU), runOn(group, device));
    // JSON has no infinity; JavaScript reads this as one.
    char shown[32] = "1e999";
    if (std::isfinite(apart)) std::snprintf(shown, sizeof(shown), "%.3g", apart);
    std::printf("{\"group\":\"%s\",\"difference\":%s,\"tolerance\":%g,\"passed\":%s}\n", group.name.c_str(),
                shown, group.tolerance, apart <= group.tolerance ? "true" : "false");
  }
  return 0;
}

}  // namespace
}  // namespace torchwing

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("usage: torchwing_operator_parity DEVICE [LIBTORCH_CUDA]\n", stderr);
    return 2;
  }
  try {
    return torchwing::compare(arguments[1], count > 2 ? arguments[2] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
