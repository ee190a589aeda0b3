import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

export const PROGRAM = join(root, 'dist', 'cli', 'main.js');
/** The program that is `torchwing train`. */
export const TRAIN_PROGRAM = join(root, 'dist', 'train.js');
/** The real ants and bees with real weights; not part of the project. */
export const SHARED_DATA = resolve(root, '..', 'shared', 'data');

export interface Finished {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Without the counting line that tells of preflight where that takes over a second: a matter of the machine. */
  stderr: string;
}

const COUNTING_LINE = /^Reading images\n/gm;

export interface RunOptions {
  program?: string;
  cwd?: string;
  /** On top of the test's own environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** Told when it runs. */
  onStart?: (child: ChildProcess) => void;
  /** Told each piece of stdout as it comes. */
  onOutput?: (child: ChildProcess, stdout: string) => void;
}

/** Runs the built program to its end. */
export function torchwing(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { program = PROGRAM, cwd, env = {}, onStart, onOutput } = options;
  if (!existsSync(program))
    throw new Error(`${program} is missing: build the project first (npm run build:ts).`);
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onStart?.(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(child, stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', failed);
    child.on('close', (code, signal) => {
      done({ code, signal, stdout, stderr: stderr.replace(COUNTING_LINE, '') });
    });
  });
}

/** The events that `--json` printed; fails on anything else in between. */
export function events(stdout: string): { type: string; [field: string]: unknown }[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
