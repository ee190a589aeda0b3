import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { cacheFolder } from './cache-folder';
import { TorchwingError } from './errors';
import { inspectFolder, type LibTorch, minorOf } from './libtorch-folder';

/** The version that `torchwing setup` brings. */
export const PINNED_VERSION = '2.13.0';
/** Minor versions that the source builds on. */
export const SUPPORTED_MINORS: readonly string[] = ['2.11', '2.12', '2.13', '2.14'];

export interface SearchOptions {
  environment?: NodeJS.ProcessEnv;
  /** Only this minor version will do, as it does for a built addon. */
  minor?: string;
}

/** One place that was looked at, and what was wrong with it. */
interface Miss {
  place: string;
  reason: string;
}

/** Folder of the managed cache with one folder per version and backend. */
export function managedFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), 'libtorch');
}

/**
 * Finds a LibTorch: `LIBTORCH`, then the managed cache, then the torch of a Python on PATH. Reads a few small files and
 * starts nothing.
 * @throws TorchwingError LIBTORCH_NOT_FOUND, listing every place tried; LIBTORCH_VERSION when `LIBTORCH` names one of
 *   another version
 */
export function findLibTorch(options: SearchOptions = {}): LibTorch {
  const environment = options.environment ?? process.env;
  const named = environment['LIBTORCH'];
  if (named !== undefined && named !== '') return namedLibTorch(named, options.minor);

  const misses: Miss[] = [];
  for (const { root, source } of [...cacheCandidates(environment), ...pythonCandidates(environment)]) {
    const found = inspectFolder(root, source);
    if (typeof found === 'string') misses.push({ place: root, reason: found });
    else if (!fits(found, options.minor))
      misses.push({ place: root, reason: `it is version ${found.version}` });
    else return found;
  }
  throw notFound(misses, environment, options.minor);
}

function fits(found: LibTorch, minor: string | undefined): boolean {
  return minor === undefined
    ? SUPPORTED_MINORS.includes(minorOf(found.version))
    : minorOf(found.version) === minor;
}

/** The user named a folder: nothing else is looked at. Its parent or its `torch/` and `libtorch/` are understood too. */
function namedLibTorch(named: string, minor: string | undefined): LibTorch {
  const root = resolve(named);
  const candidates = [root, join(root, 'libtorch'), join(root, 'torch'), dirname(root)];
  for (const candidate of candidates) {
    const found = inspectFolder(candidate, 'LIBTORCH');
    if (typeof found === 'string') continue;
    if (fits(found, minor)) return found;
    throw new TorchwingError(
      'LIBTORCH_VERSION',
      `LIBTORCH names version ${found.version} in "${candidate}", expected ${minor ?? SUPPORTED_MINORS.join(', ')}.`,
      { hint: `Unset LIBTORCH and run \`npx torchwing setup\`, which brings ${PINNED_VERSION}.` },
    );
  }
  throw new TorchwingError(
    'LIBTORCH_NOT_FOUND',
    `LIBTORCH names "${root}", where there is no LibTorch: ${inspectFolder(root, 'LIBTORCH')}.`,
    {
      hint: 'Name the folder that holds include/ and lib/: libtorch/ of the zip, or site-packages/torch of Python.',
    },
  );
}

interface Candidate {
  root: string;
  source: 'cache' | 'python';
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
}

function cacheCandidates(environment: NodeJS.ProcessEnv): Candidate[] {
  const folder = managedFolder(environment);
  // A CUDA build also computes on the CPU, so it is taken before a CPU build of its version.
  return entries(folder)
    .filter((name) => /^\d+\.\d+\.\d+-(cpu|cuda)$/.test(name))
    .map((name) => ({ root: join(folder, name, 'torch'), source: 'cache' }));
}

/** site-packages of the active virtual environment and of each Python on PATH, by their usual places. */
function pythonCandidates(environment: NodeJS.ProcessEnv): Candidate[] {
  const virtual = environment['VIRTUAL_ENV'];
  const prefixes = [
    ...(virtual === undefined ? [] : [virtual]),
    ...(environment['PATH'] ?? '')
      .split(delimiter)
      .filter((folder) => folder !== '' && existsSync(join(folder, 'python3')))
      .map(dirname),
  ];
  const roots = [...new Set(prefixes)].flatMap((prefix) =>
    entries(join(prefix, 'lib'))
      .filter((name) => /^python3(\.\d+)?$/.test(name))
      .flatMap((name) =>
        ['site-packages', 'dist-packages'].map((packages) => join(prefix, 'lib', name, packages, 'torch')),
      )
      .filter((root) => existsSync(root)),
  );
  return roots.map((root) => ({ root, source: 'python' }));
}

function notFound(misses: Miss[], environment: NodeJS.ProcessEnv, minor: string | undefined): TorchwingError {
  const tried = [
    'LIBTORCH is not set',
    ...misses.map(({ place, reason }) => `${place}: ${reason}`),
    `${managedFolder(environment)}: nothing ${misses.length === 0 ? 'there' : 'else there'}`,
  ];
  return new TorchwingError(
    'LIBTORCH_NOT_FOUND',
    `No LibTorch${minor === undefined ? '' : ` ${minor}`} was found. Tried: ${tried.join('; ')}; no Python on PATH has torch.`,
    { hint: `Run \`npx torchwing setup\`, which brings LibTorch ${PINNED_VERSION}, or set LIBTORCH to one.` },
  );
}
