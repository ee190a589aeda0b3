import { z } from 'zod';
import { type DatasetName, PUBLISHED_DATASETS } from '../data/dataset-catalogue';
import { DEFAULT_LIMITS, DEFAULT_READING } from '../data/loader-defaults';
import { atLeastZero, byteSize, choice, flag, fraction, integer, path } from './numbers';
import { transformsSchema } from './schema-transforms';

const datasets = Object.keys(PUBLISHED_DATASETS) as [DatasetName, ...DatasetName[]];

const source = z.union(
  [
    z.strictObject({ dir: path() }),
    z.strictObject({ dir: path(), split: choice(['train', 'val']), valSplit: fraction() }),
    z.strictObject({ dataset: choice(datasets), split: choice(['train', 'val']) }),
    z.strictObject({
      list: z
        .array(
          z.strictObject({
            path: path(),
            label: z.string({ error: 'a class name' }).min(1, { error: 'a class name' }),
          }),
          {
            error: 'a list of { path, label }',
          },
        )
        .min(1, { error: 'a list of at least one { path, label }' }),
    }),
  ],
  { error: '{ dir }, { dir, split, valSplit }, { dataset, split } or { list: [{ path, label }] }' },
);

const limits = z.strictObject({
  pixels: integer(1).default(DEFAULT_LIMITS.pixels),
  fileBytes: integer(1).default(DEFAULT_LIMITS.fileBytes),
  decoderBytes: integer(1).default(DEFAULT_LIMITS.decoderBytes),
  progressiveScans: integer(1).default(DEFAULT_LIMITS.progressiveScans),
});

export const dataSchema = z
  .strictObject(
    {
      dir: path().optional(),
      valSplit: fraction().optional(),
      dataset: choice(datasets).optional(),
      train: source.optional(),
      val: source.optional(),
      imageSize: integer(16, 4096).nullable().optional(),
      transforms: z
        .strictObject({ train: transformsSchema.optional(), val: transformsSchema.optional() })
        .prefault({}),
      batchSize: integer(1, 65_536).default(4),
      workers: integer(1, 256).optional(),
      dropLast: flag().default(false),
      onBadImage: choice(['error', 'skip', 'replace']).default('error'),
      preflight: flag().default(true),
      limits: limits.prefault({}),
      exif: choice(['ignore', 'apply']).default(DEFAULT_READING.exif),
      decode: choice(['exact', 'scaled']).default(DEFAULT_READING.decode),
      resize: choice(['pillow', 'tensor']).default(DEFAULT_READING.resize),
      cache: z.strictObject({ decoded: byteSize().default(0) }).prefault({}),
      mix: z
        .strictObject({ mixupAlpha: atLeastZero().default(0), cutmixAlpha: atLeastZero().default(0) })
        .prefault({}),
    },
    { error: 'an object with "dir", with "dataset", or with "train" and "val"' },
  )
  .superRefine((data, context) => {
    const complain = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (data.onBadImage === 'replace' && !data.preflight)
      complain('preflight', 'true, since only preflight can replace bad images (data.onBadImage)');
    if (data.dataset !== undefined) {
      for (const key of ['dir', 'valSplit', 'train', 'val'] as const)
        if (data[key] !== undefined) complain(key, `no data.${key} beside data.dataset`);
    } else if (data.dir === undefined) {
      if (data.valSplit !== undefined) complain('valSplit', 'no valSplit without data.dir');
      if (data.train === undefined) complain('train', 'a source, or data.dir for both phases');
      if (data.val === undefined) complain('val', 'a source, or data.dir for both phases');
    } else {
      if (data.train !== undefined) complain('train', 'no data.train beside data.dir');
      if (data.val !== undefined) complain('val', 'no data.val beside data.dir');
    }
  });
