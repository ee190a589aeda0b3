import { EXPORT_FORMATS } from '../export/export-formats';
import { COMMON_FLAGS, type CommandHelp, type FlagTable } from './flags';
import { TRAIN_FLAGS } from './train-flags';

/** Every flag of `torchwing export`, in the order of the help. */
export const EXPORT_FLAGS = {
  format: {
    kind: 'choice',
    choices: EXPORT_FORMATS,
    help: 'onnx is the model, to run without torchwing; safetensors and pth are its tensors',
    fallback: 'by the ending of --output',
  },
  output: {
    kind: 'text',
    value: 'FILE',
    help: 'where it goes',
    fallback: 'beside WEIGHTS, with the ending of the format',
  },
  'fold-batch-norm': {
    kind: 'boolean',
    help: 'onnx: make each BatchNorm part of the convolution before it, for runtimes that do not do so themselves',
  },
  'weights-prefix': TRAIN_FLAGS['weights-prefix'],
  overwrite: { kind: 'boolean', help: 'replace a file that is there' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export const EXPORT_HELP: CommandHelp<typeof EXPORT_FLAGS> = {
  name: 'export',
  summary: 'Write trained weights in another format, with the class names and the preprocessing inside.',
  usage: 'export WEIGHTS --format onnx|safetensors|pth [flags]',
  flags: EXPORT_FLAGS,
  examples: [
    'torchwing export best.pth --format onnx',
    'torchwing export best.pth --output bees.onnx --fold-batch-norm',
    'torchwing export best.pth --format safetensors',
  ],
};
