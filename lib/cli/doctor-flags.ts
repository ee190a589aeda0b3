import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';

/** Every flag of `torchwing doctor`, in the order of the help. */
export const DOCTOR_FLAGS = {
  json: { kind: 'boolean', help: 'print one JSON object and nothing else' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const DOCTOR_HELP: CommandHelp<typeof DOCTOR_FLAGS> = {
  name: 'doctor',
  summary:
    'Say what was found on this machine, and of each thing that is wrong how to cure it. Exits with 4 when training cannot run.',
  usage: 'doctor [flags]',
  flags: DOCTOR_FLAGS,
  examples: ['torchwing doctor', 'torchwing doctor --json'],
};
