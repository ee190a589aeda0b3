import { z } from 'zod';
import { ARCHITECTURES, DEFAULT_ARCHITECTURE } from '../model/architecture';
import { publishedWeights, WEIGHTS_NAMES } from '../model/weights-catalogue';
import { atLeastZero, choice, flag, fraction, integer, path, positive, probability } from './numbers';

export const modelSchema = z
  .strictObject({
    arch: choice(ARCHITECTURES).default(DEFAULT_ARCHITECTURE),
    weights: z
      .union([z.enum(WEIGHTS_NAMES), z.strictObject({ file: path() }), z.null()], {
        error: '"IMAGENET1K_V1", "IMAGENET1K_V2", { file } or null for random weights',
      })
      .default('IMAGENET1K_V1'),
    weightsPrefix: z
      .string({ error: 'text, or null' })
      .min(1, { error: 'text of at least one character, or null' })
      .nullable()
      .default(null),
    layout: choice(['fast', 'strided']).default('fast'),
    frozenBatchNorm: choice(['tutorial', 'eval']).default('tutorial'),
  })
  .refine(
    ({ arch, weights }) => typeof weights !== 'string' || publishedWeights(arch, weights) !== undefined,
    {
      path: ['weights'],
      error:
        '"IMAGENET1K_V1" (there is no other name for this model.arch), { file } or null for random weights',
    },
  );

export const lossSchema = z.strictObject({
  labelSmoothing: probability().default(0),
  onBadLoss: choice(['stop', 'rollback']).default('stop'),
  rollback: z
    .strictObject({ lrFactor: fraction().default(0.1), max: integer(1, 100).default(3) })
    .prefault({}),
});

export const optimizerSchema = z
  .strictObject({
    type: choice(['sgd']).default('sgd'),
    lr: positive().default(1e-3),
    momentum: atLeastZero().default(0.9),
    dampening: z.number({ error: 'a finite number' }).default(0),
    weightDecay: atLeastZero().default(0),
    nesterov: flag().default(false),
  })
  .refine(({ nesterov, momentum, dampening }) => !nesterov || (momentum > 0 && dampening === 0), {
    path: ['nesterov'],
    error: 'false, or momentum > 0 and dampening 0',
  });

export const schedulerSchema = z.strictObject({
  type: choice(['step']).default('step'),
  stepSize: integer(1).default(7),
  gamma: positive().default(0.1),
});

export const checkpointSchema = z.strictObject({
  everyEpochs: integer(0).default(0),
  everySteps: integer(0).default(0),
  // A timer of Node takes no longer period.
  everySeconds: integer(0, 2_000_000).default(600),
  keepLast: integer(1, 1000).default(2),
  keepBest: flag().default(true),
});
