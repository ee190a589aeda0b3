import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TorchwingError } from '../../lib/native/errors';
import { findLibTorch } from '../../lib/native/libtorch';
import { requireSupportedPlatform } from '../../lib/native/platform';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-libtorch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = ''): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

/** A folder that looks like LibTorch, in the layout of Python's package or of the zip. */
function makeLibTorch(
  root: string,
  version: string,
  layout: 'python' | 'zip' = 'python',
  cuda = false,
): string {
  for (const library of ['libc10.so', 'libtorch_cpu.so', ...(cuda ? ['libtorch_cuda.so'] : [])]) {
    write(join(root, 'lib', library));
  }
  if (layout === 'python') write(join(root, 'version.py'), `__version__ = '${version}+cpu'\n`);
  else write(join(root, 'build-version'), `${version}+cpu\n`);
  return root;
}

const environment = (extra: NodeJS.ProcessEnv = {}) => ({
  XDG_CACHE_HOME: join(folder, 'cache'),
  PATH: '',
  ...extra,
});

function failure(act: () => unknown): TorchwingError {
  try {
    act();
  } catch (error) {
    if (error instanceof TorchwingError) return error;
    throw error;
  }
  throw new Error('expected a TorchwingError');
}

describe('LIBTORCH', () => {
  test.each(['python', 'zip'] as const)('names a folder in the layout of %s', (layout) => {
    const root = makeLibTorch(join(folder, 'torch'), '2.13.0', layout, layout === 'zip');
    expect(findLibTorch({ environment: environment({ LIBTORCH: root }) })).toEqual({
      root,
      version: '2.13.0',
      backend: layout === 'zip' ? 'cuda' : 'cpu',
      source: 'LIBTORCH',
    });
  });

  test('may name the folder around it, or its lib', () => {
    const root = makeLibTorch(join(folder, 'libtorch'), '2.13.0', 'zip');
    for (const named of [folder, join(root, 'lib')]) {
      expect(findLibTorch({ environment: environment({ LIBTORCH: named }) }).root).toBe(root);
    }
  });

  test('that names nothing is an error, whatever else is there', () => {
    makeLibTorch(join(folder, 'cache/torchwing/libtorch/2.13.0-cpu/torch'), '2.13.0');
    const error = failure(() =>
      findLibTorch({ environment: environment({ LIBTORCH: join(folder, 'none') }) }),
    );
    expect(error.code).toBe('LIBTORCH_NOT_FOUND');
    expect(error.message).toContain(join(folder, 'none'));
  });

  test('of a version that the addon was not built for is refused with the cure', () => {
    const root = makeLibTorch(join(folder, 'torch'), '2.12.1');
    const error = failure(() =>
      findLibTorch({ environment: environment({ LIBTORCH: root }), minor: '2.13' }),
    );
    expect(error.code).toBe('LIBTORCH_VERSION');
    expect(error.message).toContain('2.12.1');
    expect(error.message).toContain('expected 2.13');
    expect(error.hint).toContain('torchwing setup');
  });
});

describe('without LIBTORCH', () => {
  test('the cache comes before a Python torch', () => {
    const python = join(folder, 'venv');
    write(join(python, 'bin', 'python3'));
    const inPython = makeLibTorch(join(python, 'lib/python3.11/site-packages/torch'), '2.13.0');
    const found = () => findLibTorch({ environment: environment({ PATH: join(python, 'bin') }) });
    expect(found()).toMatchObject({ root: inPython, source: 'python' });
    const cached = makeLibTorch(join(folder, 'cache/torchwing/libtorch/2.13.0-cpu/torch'), '2.13.0');
    expect(found()).toMatchObject({ root: cached, source: 'cache' });
  });

  test('an active virtual environment is looked at', () => {
    const root = makeLibTorch(join(folder, 'venv/lib/python3.12/site-packages/torch'), '2.14.0');
    expect(findLibTorch({ environment: environment({ VIRTUAL_ENV: join(folder, 'venv') }) }).root).toBe(root);
  });

  test('an unfinished installation is not found', () => {
    makeLibTorch(join(folder, 'cache/torchwing/libtorch/2.13.0-cpu.part/torch'), '2.13.0');
    expect(failure(() => findLibTorch({ environment: environment() })).code).toBe('LIBTORCH_NOT_FOUND');
  });

  test('the error lists each place with what is wrong there', () => {
    const incomplete = join(folder, 'cache/torchwing/libtorch/2.13.0-cpu/torch');
    mkdirSync(incomplete, { recursive: true });
    const old = makeLibTorch(join(folder, 'venv/lib/python3.12/site-packages/torch'), '2.4.1');
    const error = failure(() =>
      findLibTorch({ environment: environment({ VIRTUAL_ENV: join(folder, 'venv') }) }),
    );
    expect(error.message).toContain(`${incomplete}: lib/libc10.so is missing`);
    expect(error.message).toContain(`${old}: it is version 2.4.1`);
    expect(error.hint).toContain('npx torchwing setup');
  });
});

describe('the platform', () => {
  const glibc = '2.36';
  test('is accepted on Linux x64 with glibc', () => {
    expect(() => requireSupportedPlatform({ platform: 'linux', arch: 'x64', glibc })).not.toThrow();
  });

  test.each([
    [{ platform: 'darwin', arch: 'arm64', glibc: undefined }, 'received darwin arm64'],
    [{ platform: 'linux', arch: 'arm64', glibc }, 'received linux arm64'],
    [{ platform: 'linux', arch: 'x64', glibc: undefined }, 'received linux x64 without glibc'],
  ])('is refused elsewhere: %j', (machine, part) => {
    const error = failure(() => requireSupportedPlatform(machine));
    expect(error.code).toBe('PLATFORM_UNSUPPORTED');
    expect(error.message).toContain(part);
  });
});
