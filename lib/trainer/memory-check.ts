import type { ResolvedConfig } from '../config/types';
import type { InspectedData } from '../data/preflight';
import { TorchwingError } from '../native/errors';
import { type MemoryRoom, memoryRoom } from '../native/memory-room';
import type { NativeWarning } from '../native/warnings';
import { estimateMemory, type MemoryEstimate } from './memory-estimate';

const HINT =
  'Lower the batch size (--batch-size), the image size (--image-size) or what is kept decoded (--cache-decoded), or set autoBatch (--auto-batch).';

/**
 * Holds what a run will take against what the machine and the control groups leave: a process that takes more than a group
 * may is killed without a word.
 * @throws TorchwingError OUT_OF_MEMORY when not even what the run does not go without is there
 */
export function checkMemory(
  config: ResolvedConfig,
  { classes, train, val }: Pick<InspectedData, 'classes' | 'train' | 'val'>,
  warn: (warning: NativeWarning) => void,
  room: MemoryRoom | null = memoryRoom(),
): void {
  if (room === null) return;
  const estimate = estimateMemory(config, classes.length, {
    train: train.images.length,
    val: val.images.length,
  });
  const free = Math.max(0, room.bytes);
  const left = `${room.limit} (${megabytes(room.of)}) leaves ${megabytes(free)}`;
  if (estimate.certain > room.bytes) {
    throw new TorchwingError(
      'OUT_OF_MEMORY',
      `The run needs at least ${megabytes(estimate.certain)} more memory (${partsOf(estimate, config)}), and ${left}.`,
      {
        hint: HINT,
        details: {
          device: 'cpu',
          asked: estimate.certain,
          free,
          total: room.of,
          batchSize: config.data.batchSize,
          microBatch: null,
        },
      },
    );
  }
  if (estimate.likely > room.bytes) {
    warn({
      code: 'MEMORY_TIGHT',
      message: `The run will probably take ${megabytes(estimate.likely)} more memory (${partsOf(estimate, config)}), and ${left}; a process that takes more may be killed without a word.`,
      hint: HINT,
    });
  }
}

function partsOf({ weights, activations, loaders }: MemoryEstimate, { data }: ResolvedConfig): string {
  return `weights and optimizer ${megabytes(weights)}, activations at batch size ${data.batchSize} ${megabytes(activations)}, loaders ${megabytes(loaders)}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
