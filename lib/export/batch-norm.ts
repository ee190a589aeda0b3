/** Of every BatchNorm of a torchvision ResNet. */
export const BATCH_NORM_EPS = 1e-5;

/** The four tensors of a BatchNorm in evaluation mode, one value per channel each. */
export interface BatchNormTensors {
  weight: Float32Array;
  bias: Float32Array;
  runningMean: Float32Array;
  runningVar: Float32Array;
}

/**
 * A convolution without a bias and the BatchNorm behind it as one convolution with a bias: each output channel is scaled
 * by weight / sqrt(var + eps), and bias - mean * scale is added. Computed in double, rounded once.
 * @param kernel [out, in, h, w], row-major
 */
export function foldBatchNorm(
  kernel: Float32Array,
  { weight, bias, runningMean, runningVar }: BatchNormTensors,
): { kernel: Float32Array; bias: Float32Array } {
  const channels = weight.length;
  const perChannel = kernel.length / channels;
  const folded = new Float32Array(kernel.length);
  const offsets = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const scale = (weight[channel] as number) / Math.sqrt((runningVar[channel] as number) + BATCH_NORM_EPS);
    offsets[channel] = (bias[channel] as number) - (runningMean[channel] as number) * scale;
    for (let at = channel * perChannel; at < (channel + 1) * perChannel; at++)
      folded[at] = (kernel[at] as number) * scale;
  }
  return { kernel: folded, bias: offsets };
}
