import { z } from 'zod';
import { choice, duration, flag, integer, path } from './numbers';
import { DEFAULT_PRECISION, PRECISIONS } from './precisions';
import { dataSchema } from './schema-data';
import {
  checkpointSchema,
  lossSchema,
  modelSchema,
  optimizerSchema,
  schedulerSchema,
} from './schema-training';
import type { TrainerConfig } from './types';

/** Version of the configuration's form; a config file that names another one is refused by name. */
export const CONFIG_VERSION = 1;

const EXPECTED_DEVICE = '"auto", "cpu", "cuda" or "cuda:<index>"';

/** What a TrainerConfig must be. Defaults that depend on the machine or on other fields are lib/config/resolve.ts's. */
export const configSchema = z.strictObject(
  {
    version: z
      .literal(CONFIG_VERSION, { error: `${CONFIG_VERSION}, the only version that this torchwing reads` })
      .default(CONFIG_VERSION),
    mode: choice(['finetune', 'extractor']).default('finetune'),
    data: dataSchema,
    model: modelSchema.prefault({}),
    loss: lossSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    scheduler: schedulerSchema.nullable().prefault({}),
    epochs: integer(1).default(25),
    device: z
      .string({ error: EXPECTED_DEVICE })
      .regex(/^(auto|cpu|cuda|cuda:(0|[1-9]\d{0,2}))$/, { error: EXPECTED_DEVICE })
      .default('auto'),
    precision: choice(PRECISIONS).default(DEFAULT_PRECISION),
    deterministic: flag().default(false),
    cudaGraph: flag().default(false),
    threads: z
      .union([integer(1, 1024, ', or "auto"'), z.literal('auto')], {
        error: 'an integer from 1 to 1024, or "auto"',
      })
      .default('auto'),
    autoBatch: flag().default(false),
    seed: integer(0).default(0),
    checkpoint: checkpointSchema.prefault({}),
    timeLimit: duration().nullable().default(null),
    output: path().nullable().default(null),
    overwrite: flag().default(false),
  },
  { error: 'a configuration object' },
);

export type ParsedConfig = z.output<typeof configSchema>;

// The hand-written TrainerConfig and the schema describe one thing; these lines fail to compile when they part.
type Accepts<Wide, Narrow extends Wide> = Narrow;
export type ConfigIsAccepted = Accepts<z.input<typeof configSchema>, TrainerConfig>;
export type SchemaKeysAreDescribed = Accepts<keyof TrainerConfig, keyof z.input<typeof configSchema>>;
