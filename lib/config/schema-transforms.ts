import { z } from 'zod';
import { outputSize } from '../data/output-size';
import type { Transform } from '../data/transforms';
import { choice, flag, integer, positive, probability } from './numbers';

const size = integer(1, 16_384);
const sizes = z.union([integer(1, 16_384, ', or [height, width]'), z.tuple([size, size])], {
  error: 'an integer from 1 to 16384, or [height, width]',
});

const range = (fits: (low: number, high: number) => boolean, error: string) =>
  z
    .tuple([z.number({ error }), z.number({ error })], { error })
    .refine(([low, high]) => low <= high && fits(low, high), { error });

const ratio = () => range((low) => low > 0, '[min, max] with 0 < min <= max');

/** A number, or a range. */
const distanceOrRange = (
  fits: (low: number, high: number) => boolean,
  distance: (value: number) => boolean,
  error: string,
) => z.union([z.number({ error }).refine(distance, { error }), range(fits, error)], { error });

const jitter = () => {
  const error = 'a number >= 0, or [min, max] with 0 <= min <= max';
  return distanceOrRange(
    (low) => low >= 0,
    (value) => value >= 0,
    error,
  ).default(0);
};

const perChannel = z.tuple([z.number(), z.number(), z.number()], {
  error: 'three finite numbers, one per channel',
});

const level = integer(0, 255);
const fill = () =>
  z
    .union([integer(0, 255, ', or three of them'), z.tuple([level, level, level])], {
      error: 'an integer from 0 to 255, or three of them',
    })
    .default(0);

const width = integer(0, 4096);
const padding = () =>
  z.union(
    [
      integer(0, 4096, ', or two or four of them'),
      z.tuple([width, width]),
      z.tuple([width, width, width, width]),
    ],
    { error: 'an integer from 0 to 4096, or two or four of them' },
  );
const paddingMode = () => choice(['constant', 'edge', 'reflect', 'symmetric']).default('constant');

const coordinates = '[x, y], two numbers from -1000000 to 1000000';
const coordinate = () =>
  z.number({ error: coordinates }).min(-1e6, { error: coordinates }).max(1e6, { error: coordinates });

const interpolation = () => choice(['nearest', 'bilinear']).default('nearest');
const numMagnitudeBins = () => integer(2, 1_000_000).default(31);

const steps = [
  z
    .strictObject({ type: z.literal('resize'), size: sizes, maxSize: size.optional() })
    .superRefine(({ size: shorter, maxSize }, context) => {
      if (maxSize === undefined || (typeof shorter === 'number' && maxSize > shorter)) return;
      context.addIssue({
        code: 'custom',
        path: ['maxSize'],
        message: 'more than a "size" that is one number',
      });
    }),
  z.strictObject({ type: z.literal('centerCrop'), size: sizes }),
  z.strictObject({
    type: z.literal('randomResizedCrop'),
    size: sizes,
    scale: range((low, high) => low > 0 && high <= 1, '[min, max] with 0 < min <= max <= 1').default([
      0.08, 1,
    ]),
    ratio: ratio().default([3 / 4, 4 / 3]),
  }),
  z.strictObject({ type: z.literal('pad'), padding: padding(), fill: fill(), paddingMode: paddingMode() }),
  z.strictObject({
    type: z.literal('randomCrop'),
    size: sizes,
    padding: padding().optional(),
    padIfNeeded: flag().default(false),
    fill: fill(),
    paddingMode: paddingMode(),
  }),
  z.strictObject({ type: z.literal('randomHorizontalFlip'), p: probability().default(0.5) }),
  z.strictObject({ type: z.literal('randomVerticalFlip'), p: probability().default(0.5) }),
  z.strictObject({
    type: z.literal('colorJitter'),
    brightness: jitter(),
    contrast: jitter(),
    saturation: jitter(),
    hue: distanceOrRange(
      (low, high) => low >= -0.5 && high <= 0.5,
      (value) => value >= 0 && value <= 0.5,
      'a number from 0 to 0.5, or [min, max] with -0.5 <= min <= max <= 0.5',
    ).default(0),
  }),
  z.strictObject({
    type: z.literal('randomRotation'),
    degrees: distanceOrRange(
      () => true,
      (value) => value >= 0,
      'a number >= 0, or [min, max] with min <= max',
    ),
    interpolation: interpolation(),
    expand: flag().default(false),
    center: z.tuple([coordinate(), coordinate()], { error: coordinates }).optional(),
    fill: fill(),
  }),
  z.strictObject({
    type: z.literal('grayscale'),
    numOutputChannels: z.literal(3, { error: '3, the channels that a model sees' }).default(3),
  }),
  z.strictObject({ type: z.literal('randomGrayscale'), p: probability().default(0.1) }),
  z
    .strictObject({
      type: z.literal('randAugment'),
      numOps: integer(1, 1000).default(2),
      magnitude: integer(0, 999_999).default(9),
      numMagnitudeBins: numMagnitudeBins(),
      interpolation: interpolation(),
      fill: fill(),
    })
    .superRefine(({ magnitude, numMagnitudeBins: bins }, context) => {
      if (magnitude < bins) return;
      context.addIssue({
        code: 'custom',
        path: ['magnitude'],
        message: `less than numMagnitudeBins, which is ${bins}`,
      });
    }),
  z.strictObject({
    type: z.literal('trivialAugmentWide'),
    numMagnitudeBins: numMagnitudeBins(),
    interpolation: interpolation(),
    fill: fill(),
  }),
  z.strictObject({ type: z.literal('toTensor') }),
  z.strictObject({
    type: z.literal('normalize'),
    mean: perChannel,
    std: z.tuple([positive(), positive(), positive()], {
      error: 'three finite numbers > 0, one per channel',
    }),
  }),
  z.strictObject({
    type: z.literal('randomErasing'),
    p: probability().default(0.5),
    scale: range((low, high) => low >= 0 && high <= 1, '[min, max] with 0 <= min <= max <= 1').default([
      0.02, 0.33,
    ]),
    ratio: ratio().default([0.3, 3.3]),
    value: z
      .union([z.number(), perChannel, z.literal('random')], {
        error: 'a finite number, three of them, or "random"',
      })
      .default(0),
  }),
] as const;

const types = steps.map((step) => step.shape.type.value);

const step = z.discriminatedUnion('type', steps, {
  error: `an object whose "type" is ${types.slice(0, -1).join(', ')} or ${types.at(-1)}`,
});

/** The transforms that work on floats. */
const OF_FLOATS: readonly string[] = ['normalize', 'randomErasing'];

/**
 * A pipeline: changes of pixels, then `toTensor`, then any `normalize` and `randomErasing`; ending in images of one
 * size.
 */
export const transformsSchema = z
  .array(step, { error: 'a list of transforms' })
  .superRefine((list, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', message });
    const toTensor = list.findIndex(({ type }) => type === 'toTensor');
    if (toTensor < 0) return complain('a list with one toTensor');
    for (const [index, { type }] of list.entries()) {
      if (index === toTensor || index > toTensor === OF_FLOATS.includes(type)) continue;
      return complain(
        index > toTensor
          ? `nothing but normalize and randomErasing after toTensor (found ${type})`
          : `${type} only after toTensor`,
      );
    }
    if (outputSize(list as Transform[]) === null) {
      complain(
        'a transform that gives every image one size: centerCrop, randomCrop, randomResizedCrop or resize to [height, width]',
      );
    }
  });
