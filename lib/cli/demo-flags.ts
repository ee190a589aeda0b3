import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';
import { TRAIN_FLAGS } from './train-flags';

/** Every flag of `torchwing demo`, in the order of the help. */
export const DEMO_FLAGS = {
  seed: {
    kind: 'integer',
    minimum: 0,
    help: 'draws the data set; another seed gives other images',
    fallback: '101',
  },
  output: {
    kind: 'text',
    value: 'DIR',
    help: 'folder for the drawn images and the run',
    fallback: 'runs/<time>-demo',
  },
  overwrite: TRAIN_FLAGS.overwrite,
  threads: TRAIN_FLAGS.threads,
  json: TRAIN_FLAGS.json,
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const DEMO_HELP: CommandHelp<typeof DEMO_FLAGS> = {
  name: 'demo',
  summary:
    'Draw a small data set of ants and bees, train a ResNet-18 on it from random weights, and predict two images.',
  usage: 'demo [flags]',
  flags: DEMO_FLAGS,
  examples: ['torchwing demo', 'torchwing demo --seed 102 --output runs/demo --overwrite'],
};
