import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';
import { TRAIN_FLAGS } from './train-flags';

/** Every flag of `torchwing check`, in the order of the help. */
export const CHECK_FLAGS = {
  'val-split': {
    ...TRAIN_FLAGS['val-split'],
    help: 'share of each class that training would take as validation data, drawn from the seed',
  },
  seed: { ...TRAIN_FLAGS.seed, help: 'draws --val-split' },
  'max-pixels': {
    kind: 'integer',
    minimum: 1,
    help: 'width times height beyond which an image is too large',
    fallback: '100000000',
  },
  'max-bytes': {
    kind: 'integer',
    minimum: 1,
    help: 'size of the file beyond which an image is too large',
    fallback: '536870912',
  },
  workers: {
    kind: 'integer',
    minimum: 1,
    maximum: 256,
    help: 'threads that decode images',
    fallback: 'one per core',
  },
  'no-cache': {
    kind: 'boolean',
    help: 'read every file, also those that have not changed since the last check',
  },
  json: { kind: 'boolean', help: 'print one JSON object with every file that something is to be said of' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const CHECK_HELP: CommandHelp<typeof CHECK_FLAGS> = {
  name: 'check',
  summary:
    'Read every photo of a data set and say which cannot be used, which are there twice, and which are in both training and validation data. Exits with 3 when a file cannot be used.',
  usage: 'check DIR [flags]',
  flags: CHECK_FLAGS,
  examples: [
    'torchwing check ./photos',
    'torchwing check ./classes --val-split 0.2 --seed 7',
    'torchwing check ./photos --json > report.json',
  ],
};
