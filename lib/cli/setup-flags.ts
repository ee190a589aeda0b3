import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';

/** Every flag of `torchwing setup`, in the order of the help. */
export const SETUP_FLAGS = {
  backend: {
    kind: 'choice',
    choices: ['auto', 'cpu', 'cuda'],
    help: 'which build; auto is cuda where an NVIDIA driver is seen',
    fallback: 'auto',
  },
  force: { kind: 'boolean', help: 'download although a LibTorch was found' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const SETUP_HELP: CommandHelp<typeof SETUP_FLAGS> = {
  name: 'setup',
  summary:
    'Find LibTorch (LIBTORCH, the cache, a Python torch) or bring it to the cache with pip. Run it again after a break.',
  usage: 'setup [flags]',
  flags: SETUP_FLAGS,
  examples: ['torchwing setup', 'torchwing setup --backend cuda'],
};
