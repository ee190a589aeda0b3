#include "core/model/backbone.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include "core/error.h"

namespace torchwing {
namespace {

/// What torch.nn.BatchNorm2d does in training before its operator runs.
void trackBatch(BatchNorm& norm, const at::Tensor& input) {
  if (input.numel() == input.size(1)) {
    throw Error("INVALID_ARGUMENT",
                "Invalid value for \"images\": received a batch that leaves one value per channel at " +
                    norm.path +
                    ", expected more, because BatchNorm in training mode normalises by the batch.",
                "Use more than one image per batch, larger images, or evaluation mode.");
  }
  const at::NoGradGuard no_graph;
  norm.num_batches_tracked.add_(1);
}

at::Tensor convNorm(ConvNorm& part, const at::Tensor& input, const BackboneMode& mode) {
  const Convolution& conv = part.conv;
  const at::Tensor output = at::conv2d(input, conv.weight, {}, conv.stride, conv.padding);
  BatchNorm& norm = part.norm;
  if (mode.batch_statistics) trackBatch(norm, output);
  return at::batch_norm(output, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                        mode.batch_statistics, BatchNorm::kMomentum, BatchNorm::kEpsilon,
                        /*cudnn_enabled=*/true);
}

at::Tensor runBlock(Block& block, const at::Tensor& input, const BackboneMode& mode) {
  at::Tensor output = input;
  for (ConvNorm& part : block.body) {
    output = convNorm(part, output, mode);
    if (&part != &block.body.back()) at::relu_(output);
  }
  output.add_(block.downsample ? convNorm(*block.downsample, input, mode) : input);
  return at::relu_(output);
}

}  // namespace

at::Tensor backboneFeatures(Network& network, const at::Tensor& images, const BackboneMode& mode) {
  at::Tensor output = convNorm(network.stem, mode.blocked ? images.to_mkldnn() : images, mode);
  at::relu_(output);
  output = at::max_pool2d(output, /*kernel_size=*/{3, 3}, /*stride=*/{2, 2}, /*padding=*/{1, 1});
  for (Block& block : network.blocks) output = runBlock(block, output, mode);
  if (mode.blocked) output = output.to_dense();
  return at::adaptive_avg_pool2d(output, {1, 1}).flatten(1);
}

}  // namespace torchwing
