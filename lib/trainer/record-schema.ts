import { z } from 'zod';
import { transformsSchema } from '../config/schema-transforms';
import { DEFAULT_READING } from '../data/loader-defaults';
import { ARCHITECTURES } from '../model/architecture';

/** What a reader of a record needs; all else may be missing, in files made by hand or by other versions. */
export const recordSchema = z.object({
  version: z.literal(1),
  arch: z.enum(ARCHITECTURES),
  classes: z.array(z.string()).min(2),
  transforms: z.object({ val: transformsSchema }),
  reading: z
    .object({
      exif: z.enum(['ignore', 'apply']).default(DEFAULT_READING.exif),
      decode: z.enum(['exact', 'scaled']).default(DEFAULT_READING.decode),
      resize: z.enum(['pillow', 'tensor']).default(DEFAULT_READING.resize),
    })
    .prefault({}),
  layout: z.enum(['fast', 'strided']).default('fast'),
});

export type ReadableRecord = z.output<typeof recordSchema>;
