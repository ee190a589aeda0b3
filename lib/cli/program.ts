import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TorchwingError } from '../native/errors';
import { endQuietlyOnClosedPipe } from './closed-pipe';
import { EXIT_DONE } from './exit-codes';
import { type Command, USAGE } from './flags';
import { nearest } from './nearest';
import { errorText, exitCodeOf } from './report-error';

/** Each command is loaded when it is asked for, so that `--help` starts at once. */
const COMMANDS: Readonly<Record<string, { summary: string; load: () => Command }>> = {
  train: { summary: 'fine-tune a ResNet on a folder of photos', load: () => require('./train') },
  predict: { summary: 'tell the classes of images by trained weights', load: () => require('./predict') },
  check: {
    summary: 'read every photo of a data set and say what is wrong with it',
    load: () => require('./check'),
  },
  export: {
    summary: 'write trained weights as ONNX, safetensors or .pth',
    load: () => require('./export'),
  },
  demo: {
    summary: 'draw a data set, train on it and predict, in about a minute',
    load: () => require('./demo'),
  },
  setup: { summary: 'bring LibTorch to this machine', load: () => require('./setup') },
  doctor: {
    summary: 'say what was found on this machine and what is wrong',
    load: () => require('./doctor'),
  },
};

/** The program's version, from package.json. */
export function programVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * Runs one command and reports what it throws on stderr.
 * @param argv arguments after the program's name
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  try {
    return await dispatch(argv);
  } catch (error) {
    process.stderr.write(errorText(error, argv.includes('--verbose')));
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') return show(overview());
  if (name === '--version' || name === '-v') return show(`torchwing ${programVersion()}\n`);
  if (name === 'help') return rest[0] === undefined ? show(overview()) : dispatch([rest[0], '--help']);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw unknownCommand(name);
  return command.load().run(rest);
}

function show(text: string): number {
  process.stdout.write(text);
  return EXIT_DONE;
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'Transfer learning for Node.js on LibTorch.',
    '',
    'Usage: torchwing <command> [flags]',
    '',
    'Commands:',
    ...commands,
    `  ${'help'.padEnd(10)}show this text, or with a command that command's flags`,
    '',
    'Flags:',
    '  --version  show the version',
    '  --help     show this text, or after a command its flags',
    '',
  ].join('\n');
}

function unknownCommand(name: string): TorchwingError {
  const match = nearest(name, [...Object.keys(COMMANDS), 'help']);
  const list = `Commands: ${Object.keys(COMMANDS).join(', ')}, help.`;
  return new TorchwingError(USAGE, `Unknown command "${name}".`, {
    hint: match === null ? list : `Did you mean torchwing ${match}? ${list}`,
  });
}
