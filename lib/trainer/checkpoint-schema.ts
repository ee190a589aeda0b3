import { z } from 'zod';
import { CHECKPOINT_VERSION } from './checkpoint-record';

const count = z.number().int().min(0);
/** A number that is not finite is a text, as everywhere in JSON. */
const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const metrics = z.object({
  loss: number,
  accuracy: z.number(),
  seconds: z.number(),
  imagesPerSecond: z.number(),
});

/** What a checkpoint's record must be. `config` is checked where it is compared. */
export const checkpointSchema = z.object({
  kind: z.literal('checkpoint'),
  version: z.literal(CHECKPOINT_VERSION),
  runId: z.string().min(1),
  time: z.string(),
  position: z.object({
    epoch: count,
    phase: z.enum(['train', 'val']),
    step: count,
    counts: z.object({ images: count, correct: count, lossSum: number, skipped: count }),
    trained: z.object({ metrics, lr: z.number() }).nullable(),
    metricsBytes: count,
  }),
  microBatch: z.object({ train: count, val: count }).default({ train: 0, val: 0 }),
  history: z.array(z.object({ epoch: count, lr: z.number(), train: metrics, val: metrics })),
  best: z.object({ epoch: count, accuracy: z.number(), loss: number }).nullable(),
  scheduler: z.object({ lastEpoch: count, lastLr: z.number() }).nullable(),
  // Not in checkpoints of before there were rollbacks.
  rollbacks: z.object({ made: count, lrScale: z.number() }).default({ made: 0, lrScale: 1 }),
  seed: count,
  config: z.looseObject({}),
  data: z.object({
    classes: z.array(z.string()),
    sha256: z.string(),
    contentSha256: z.string().nullable(),
    // Not in checkpoints of before it was written.
    manifest: z
      .union([
        z.object({ files: z.string() }),
        z.object({
          classes: z.array(
            z.object({ name: z.string(), images: count, names: z.string(), contents: z.string().nullable() }),
          ),
        }),
      ])
      .nullable()
      .default(null),
  }),
  machine: z.object({
    torchwing: z.string(),
    libtorch: z.string(),
    node: z.string(),
    cpuCapability: z.string(),
    threads: z.number(),
    device: z.string(),
    layout: z.string(),
  }),
});
