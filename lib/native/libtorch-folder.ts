import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A LibTorch on this machine. */
export interface LibTorch {
  /** Folder with `include/` and `lib/`: the LibTorch zip's `libtorch/` or Python's `site-packages/torch/`. */
  root: string;
  /** For example "2.13.0". */
  version: string;
  /** Whether its CUDA half is there. */
  backend: 'cpu' | 'cuda';
  source: 'LIBTORCH' | 'cache' | 'python';
}

/** "2.13" of "2.13.0". */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function versionFromHeader(root: string): string | null {
  for (const header of ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']) {
    const file = join(root, 'include', header);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    );
    if (parts.every((part) => part !== undefined)) return parts.join('.');
  }
  return null;
}

function versionFromText(file: string, pattern: RegExp): string | null {
  return existsSync(file) ? (pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? null) : null;
}

/** LibTorch's version, read from what each layout carries; null when nothing says it. */
export function libtorchVersion(root: string): string | null {
  return (
    versionFromText(join(root, 'version.py'), /__version__ = '(\d+\.\d+\.\d+)/) ??
    versionFromText(join(root, 'build-version'), /(\d+\.\d+\.\d+)/) ??
    versionFromHeader(root)
  );
}

/** CUDA version that the LibTorch in `root` was built with, for example "13.0"; null when nothing says it. */
export function cudaVersion(root: string): string | null {
  const digits =
    versionFromText(join(root, 'version.py'), /__version__ = '[\d.]+\+cu(\d+)'/) ??
    versionFromText(join(root, 'build-version'), /\+cu(\d+)/);
  return digits === null ? null : `${digits.slice(0, -1)}.${digits.slice(-1)}`;
}

/** The LibTorch in `root`, or a reason why there is none. */
export function inspectFolder(root: string, source: LibTorch['source']): LibTorch | string {
  if (!existsSync(root)) return 'no such folder';
  for (const library of ['libc10.so', 'libtorch_cpu.so']) {
    if (!existsSync(join(root, 'lib', library))) return `lib/${library} is missing`;
  }
  const version = libtorchVersion(root);
  if (version === null) return 'it says nowhere which version it is';
  const backend = existsSync(join(root, 'lib', 'libtorch_cuda.so')) ? 'cuda' : 'cpu';
  return { root, version, backend, source };
}

/**
 * Libraries to map, in order. OpenMP comes first and by itself, because it reads its settings when it is mapped; each
 * build of LibTorch brings its own.
 */
export function librariesOf(root: string): { openmp: string | null; cpu: string[]; cuda: string } {
  const lib = join(root, 'lib');
  const openmp =
    ['libgomp.so.1', 'libgomp-98b21ff3.so.1'].map((name) => join(lib, name)).find(existsSync) ?? null;
  return {
    openmp,
    cpu: [join(lib, 'libc10.so'), join(lib, 'libtorch_cpu.so')],
    cuda: join(lib, 'libtorch_cuda.so'),
  };
}

/** Where Python's layout keeps NVIDIA's libraries, `site-packages/nvidia`; null in the zip's layout. */
export function nvidiaFolder(root: string): string | null {
  const folder = join(dirname(root), 'nvidia');
  return basename(root) === 'torch' && existsSync(folder) ? folder : null;
}
