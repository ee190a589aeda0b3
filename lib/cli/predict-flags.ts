import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';
import { TRAIN_FLAGS } from './train-flags';

/** Every flag of `torchwing predict`, in the order of the help. */
export const PREDICT_FLAGS = {
  'top-k': { kind: 'integer', minimum: 1, help: 'classes per image, the most probable first', fallback: '1' },
  'batch-size': { kind: 'integer', minimum: 1, maximum: 65_536, help: 'images per step', fallback: '32' },
  device: { ...TRAIN_FLAGS.device, help: 'where to predict' },
  precision: TRAIN_FLAGS.precision,
  threads: TRAIN_FLAGS.threads,
  json: { kind: 'boolean', help: 'print one JSON object per image and nothing else' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const PREDICT_HELP: CommandHelp<typeof PREDICT_FLAGS> = {
  name: 'predict',
  summary:
    'Tell the classes of images (JPEG, PNG, TIFF, WebP, BMP or PNM files, or folders of them) by trained weights (.pth or .safetensors).',
  usage: 'predict WEIGHTS IMAGE... [flags]',
  flags: PREDICT_FLAGS,
  examples: ['torchwing predict best.pth bee.jpg', 'torchwing predict best.pth photos/ --top-k 2 --json'],
};
