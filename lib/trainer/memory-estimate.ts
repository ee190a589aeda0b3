import type { ResolvedConfig } from '../config/types';
import { DEFAULT_PREFETCH } from '../data/loader-defaults';
import { outputSize } from '../data/output-size';
import { resnetSizes } from '../model/resnet-sizes';

const FLOAT_BYTES = 4;
/** What a worker decodes from and into. */
const WORKER_BYTES = 4 * 2 ** 20;
/** LibTorch's code that is touched, oneDNN's kernels and OpenMP's threads, as measured. */
const LIBRARY_BYTES = 100 * 2 ** 20;
/** Of the activations that a backward pass needs: its gradients and what the convolutions work in, as measured. */
const WORKING_SHARE = 0.25;
/** The smallest part that `autoBatch` computes at once. */
const SMALLEST_PART = 2;

/** Bytes that a run adds to the process on the CPU's side, at its peak. */
export interface MemoryEstimate {
  /** Weights, gradients, momentum and the best weights. */
  weights: number;
  /** Of one batch, or with `autoBatch` of the smallest part of one. */
  activations: number;
  /** Batches that the loaders keep ready. */
  loaders: number;
  /** Copies between two phases: the weights packed for validation, and the next best ones. */
  copies: number;
  /** Copies on their way to the disk while training goes on: those of a checkpoint, and of a weight file. */
  files: number;
  /** Decoded images that `data.cache` may keep, and the workers' own. */
  decoding: number;
  /** What it does not run without: weights, the activations that the backward pass needs, and the loaders. */
  certain: number;
  /** All of it. */
  likely: number;
}

/**
 * What a run will take, beside what the process has once LibTorch is there. Docs/reliability.md compares it with measured
 * peaks.
 * @param images of each phase, since a data set can be smaller than its batches
 */
export function estimateMemory(
  config: ResolvedConfig,
  classes: number,
  images: { train: number; val: number },
): MemoryEstimate {
  const { data, model, mode, device, autoBatch, output } = config;
  const size = outputSize(data.transforms.train) ?? [0, 0];
  const valSize = outputSize(data.transforms.val) ?? [0, 0];
  const sizes = resnetSizes(model.arch, classes, size);
  const onCpu = device === 'cpu';
  const trained = mode === 'finetune' ? sizes.parameters : (sizes.features + 1) * classes;
  const held = sizes.parameters + sizes.buffers;

  const part = (batch: number) => (autoBatch ? Math.min(batch, SMALLEST_PART) : batch);
  const trainBatch = Math.min(data.batchSize, images.train);
  const valBatch = Math.min(data.batchSize, images.val);
  // A convolution's output, and BatchNorm's of it, which ReLU overwrites; without a graph only the stem's are alive at
  // once, and the pooling's.
  const ofGraph = 2 * sizes.activations + sizes.pooled;
  const passing = 2 * sizes.largestActivation + sizes.pooled;
  const saved = mode === 'finetune' ? ofGraph : passing;
  const valPassing = passingOf(config, classes, valSize);
  const activations = onCpu ? Math.max(part(trainBatch) * saved, part(valBatch) * valPassing) : 0;

  const byte = (transforms: typeof data.transforms.train) =>
    transforms.at(-1)?.type === 'normalize' && transforms.at(-2)?.type === 'toTensor' ? 1 : FLOAT_BYTES;
  const ring = (batch: number, [height, width]: readonly [number, number], bytes: number) =>
    (data.workers + DEFAULT_PREFETCH) * batch * 3 * height * width * bytes;
  const loaders =
    ring(data.batchSize, size, byte(data.transforms.train)) +
    ring(data.batchSize, valSize, byte(data.transforms.val));

  // The model and its momentum are on the device; the best weights and whatever is written are copies on the CPU.
  const weights = FLOAT_BYTES * (held + (onCpu ? held + 2 * trained : 0));
  const copies = FLOAT_BYTES * 2 * held;
  const files = output === null ? 0 : FLOAT_BYTES * (2 * held + trained);
  const decoding = 2 * data.cache.decoded + 2 * data.workers * WORKER_BYTES;
  const certain = weights + FLOAT_BYTES * activations + loaders;
  return {
    weights,
    activations: FLOAT_BYTES * activations,
    loaders,
    copies,
    files,
    decoding,
    certain,
    likely:
      weights +
      loaders +
      // A step's memory is free again when the copies are made.
      Math.max(FLOAT_BYTES * activations * (1 + WORKING_SHARE), copies) +
      files +
      decoding +
      LIBRARY_BYTES,
  };
}

function passingOf({ model }: ResolvedConfig, classes: number, size: readonly [number, number]): number {
  const { largestActivation, pooled } = resnetSizes(model.arch, classes, size);
  return largestActivation + pooled;
}
