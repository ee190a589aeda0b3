import { z } from 'zod';
import { outputSize } from '../data/output-size';
import type { Transform } from '../data/transforms';
import { integer, positive, probability } from './numbers';

const size = integer(1, 16_384);
const sizes = z.union([integer(1, 16_384, ', or [height, width]'), z.tuple([size, size])], {
  error: 'an integer from 1 to 16384, or [height, width]',
});

const range = (minimum: number, maximum: number, error: string) =>
  z
    .tuple([z.number({ error }), z.number({ error })], { error })
    .refine(([low, high]) => low > minimum && low <= high && high <= maximum, { error });

const perChannel = z.tuple([z.number(), z.number(), z.number()], {
  error: 'three finite numbers, one per channel',
});

const step = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('resize'), size: sizes }),
    z.strictObject({ type: z.literal('centerCrop'), size: sizes }),
    z.strictObject({
      type: z.literal('randomResizedCrop'),
      size: sizes,
      scale: range(0, 1, '[min, max] with 0 < min <= max <= 1').default([0.08, 1]),
      ratio: range(0, Number.MAX_VALUE, '[min, max] with 0 < min <= max').default([3 / 4, 4 / 3]),
    }),
    z.strictObject({ type: z.literal('randomHorizontalFlip'), p: probability().default(0.5) }),
    z.strictObject({ type: z.literal('toTensor') }),
    z.strictObject({
      type: z.literal('normalize'),
      mean: perChannel,
      std: z.tuple([positive(), positive(), positive()], {
        error: 'three finite numbers > 0, one per channel',
      }),
    }),
  ],
  {
    error:
      'an object whose "type" is resize, centerCrop, randomResizedCrop, randomHorizontalFlip, toTensor or normalize',
  },
);

/** A pipeline: geometry on pixels, then `toTensor`, then any `normalize`; ending in images of one size. */
export const transformsSchema = z
  .array(step, { error: 'a list of transforms' })
  .superRefine((steps, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', message });
    const toTensor = steps.findIndex(({ type }) => type === 'toTensor');
    if (toTensor < 0) return complain('a list with one toTensor');
    for (const [index, { type }] of steps.entries()) {
      if (index === toTensor || index > toTensor === (type === 'normalize')) continue;
      return complain(
        index > toTensor
          ? `nothing but normalize after toTensor (found ${type})`
          : 'normalize only after toTensor',
      );
    }
    if (outputSize(steps as Transform[]) === null) {
      complain(
        'a transform that gives every image one size: centerCrop, randomResizedCrop or resize to [height, width]',
      );
    }
  });
