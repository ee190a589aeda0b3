import type { TrainerConfig } from '../config/types';
import {
  centerCrop,
  IMAGENET,
  normalize,
  randomHorizontalFlip,
  randomResizedCrop,
  resize,
  toTensor,
} from '../data/transforms';

/** Images per class; the data set of the demo. */
export const DEMO_IMAGES = { train: 400, val: 160 } as const;

/** Side of the drawn images, in pixels. */
export const DEMO_DRAWN_SIZE = 96;

/** Side of the images that the demo's model sees: large enough for legs, small enough for two CPU cores. */
const SEEN_SIZE = 64;

/**
 * The demo's training run on a drawn data set. It starts from random weights, so it takes larger steps than the
 * tutorial's fine-tuning: batches of 32, a higher rate that drops once, and crops that keep most of each image.
 */
export function demoConfig(images: string, output: string | null): TrainerConfig {
  return {
    mode: 'finetune',
    data: {
      dir: images,
      batchSize: 32,
      transforms: {
        train: [
          randomResizedCrop(SEEN_SIZE, { scale: [0.75, 1] }),
          randomHorizontalFlip(),
          toTensor(),
          normalize(IMAGENET),
        ],
        val: [resize(SEEN_SIZE), centerCrop(SEEN_SIZE), toTensor(), normalize(IMAGENET)],
      },
    },
    model: { weights: null },
    optimizer: { lr: 0.005, momentum: 0.9 },
    scheduler: { stepSize: 5, gamma: 0.1 },
    epochs: 7,
    seed: 0,
    output,
  };
}
