import type { Architecture } from '../native/types';
import { blocksOf } from './architecture';

const STEM_CHANNELS = 64;

/** How many numbers a ResNet holds, and makes of one image. */
export interface ResNetSizes {
  parameters: number;
  /** BatchNorm's running statistics. */
  buffers: number;
  /** Outputs of all convolutions, of one image. */
  activations: number;
  /** The largest of them: the stem's. */
  largestActivation: number;
  /** What the pooling behind the stem makes of one image. */
  pooled: number;
  /** Features of one image that the head sees. */
  features: number;
}

/** @param size [height, width] of an image in pixels */
export function resnetSizes(
  arch: Architecture,
  classes: number,
  [height, width]: readonly [number, number],
): ResNetSizes {
  const { counts, bottleneck } = blocksOf(arch);
  const sizes = { parameters: 0, buffers: 0, activations: 0 };
  const convNorm = (from: number, to: number, kernel: number, pixels: number) => {
    sizes.parameters += from * to * kernel ** 2 + 2 * to;
    sizes.buffers += 2 * to;
    sizes.activations += to * pixels;
  };
  let [rows, columns] = [halved(height), halved(width)];
  convNorm(3, STEM_CHANNELS, 7, rows * columns);
  const largestActivation = sizes.activations;
  [rows, columns] = [halved(rows), halved(columns)];
  const pooled = STEM_CHANNELS * rows * columns;
  let channels = STEM_CHANNELS;
  for (const [layer, count] of counts.entries()) {
    const planes = STEM_CHANNELS * 2 ** layer;
    const out = bottleneck ? 4 * planes : planes;
    for (let block = 0; block < count; block++) {
      const before = rows * columns;
      if (layer > 0 && block === 0) [rows, columns] = [halved(rows), halved(columns)];
      const pixels = rows * columns;
      if (bottleneck) {
        convNorm(channels, planes, 1, before);
        convNorm(planes, planes, 3, pixels);
        convNorm(planes, out, 1, pixels);
      } else {
        convNorm(channels, planes, 3, pixels);
        convNorm(planes, planes, 3, pixels);
      }
      if (block === 0 && (layer > 0 || channels !== out)) convNorm(channels, out, 1, pixels);
      channels = out;
    }
  }
  const head = (channels + 1) * classes;
  return { ...sizes, parameters: sizes.parameters + head, largestActivation, pooled, features: channels };
}

function halved(side: number): number {
  return Math.ceil(side / 2);
}
