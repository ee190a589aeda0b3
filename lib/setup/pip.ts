import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { TorchwingError } from '../native/errors';
import { currentPlatform } from '../native/platform';

/** How a child's output is shown while it runs. */
export type Say = (line: string) => void;

/** The interpreter whose pip is used: `PYTHON`, else python3. */
function python(environment: NodeJS.ProcessEnv): string {
  return environment['PYTHON'] ?? 'python3';
}

/** @throws TorchwingError SETUP_FAILED with the line that brings pip */
export function requirePip(environment: NodeJS.ProcessEnv = process.env): void {
  const { status, error } = spawnSync(python(environment), ['-m', 'pip', '--version'], { env: environment });
  if (error === undefined && status === 0) return;
  throw new TorchwingError(
    'SETUP_FAILED',
    error === undefined
      ? `"${python(environment)}" has no pip, which brings LibTorch.`
      : `"${python(environment)}" could not be started; its pip brings LibTorch.`,
    {
      hint: 'Type: sudo apt-get install -y python3 python3-pip. Or set LIBTORCH to a LibTorch that is there.',
    },
  );
}

/** Wheels are for LibTorch, not for this Python: any interpreter's pip can fetch them. */
const WHEEL_KIND = [
  '--only-binary=:all:',
  '--implementation=cp',
  '--python-version=3.12',
  '--abi=cp312',
  '--abi=none',
];

/** Wheel platforms that run here: pip matches a name exactly, so every glibc up to this machine's is named. */
function wheelPlatforms(glibc: string | undefined): string[] {
  const newest = Number(glibc?.split('.')[1] ?? 28);
  const names = Array.from({ length: newest - 4 }, (_, i) => `manylinux_2_${newest - i}_x86_64`);
  return [...names, 'manylinux2014_x86_64', 'manylinux1_x86_64', 'linux_x86_64', 'any'];
}

export interface PipInstall {
  requirements: readonly string[];
  /** Folder that the wheels are unpacked into. */
  target: string;
  /** Without what the wheels ask for. */
  withoutDependencies?: boolean;
  /** Only this index instead of the configured one. */
  indexUrl?: string;
  signal?: AbortSignal;
  environment?: NodeJS.ProcessEnv;
}

/**
 * `pip install --target`: pip checks every file against the hash that its index publishes. pip's own output is shown;
 * where that is no terminal, a line every ten seconds says that it is still at work.
 * @throws TorchwingError SETUP_FAILED; `signal.reason` when aborted
 */
export async function pipInstall(options: PipInstall, say: Say): Promise<void> {
  const environment = options.environment ?? process.env;
  const args = [
    ...['-m', 'pip', 'install', '--disable-pip-version-check', '--no-compile', '--target', options.target],
    ...WHEEL_KIND,
    ...wheelPlatforms(currentPlatform().glibc).map((platform) => `--platform=${platform}`),
    ...(options.withoutDependencies === true ? ['--no-deps'] : []),
    ...(options.indexUrl === undefined ? [] : ['--index-url', options.indexUrl]),
    ...options.requirements,
  ];
  const begin = performance.now();
  const ticker = setInterval(() => {
    if (!process.stdout.isTTY)
      say(`  pip is still at work after ${Math.round((performance.now() - begin) / 1000)} s`);
  }, 10_000);
  try {
    // TMPDIR: pip unpacks beside the target, on the disk whose free space was checked.
    const child = spawn(python(environment), args, {
      env: { ...environment, TMPDIR: options.target },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const code = await ended(child, options.signal);
    options.signal?.throwIfAborted();
    if (code !== 0)
      throw new TorchwingError(
        'SETUP_FAILED',
        `pip could not install ${options.requirements.join(' ')} (it ended with ${code}).`,
        { hint: 'See its message above; when the network is back, run the same command again.' },
      );
  } finally {
    clearInterval(ticker);
  }
}

/** Milliseconds that the processes of an aborted group have for ending by themselves. */
const PATIENCE = 2000;

/**
 * The exit code of the leader of a process group. Once `signal` has aborted, the whole group is ended and waited for, so
 * that no process of pip's writes after this has settled.
 */
async function ended(child: ChildProcess, signal: AbortSignal | undefined): Promise<number | null> {
  const stop = () => signalGroup(child, 'SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (signal?.aborted === true) await groupEnded(child);
    return code;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Bounded, since a dead process that nobody reaps, as in some containers, stays in its group for ever. */
async function groupEnded(child: ChildProcess): Promise<void> {
  const begin = performance.now();
  while (signalGroup(child, 0)) {
    if (performance.now() - begin > PATIENCE) {
      signalGroup(child, 'SIGKILL');
      return;
    }
    await setTimeout(10);
  }
}

/** False when no process of the group is left, or none was started. */
function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
