import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LibTorch } from '../../lib/native/libtorch-folder';

function compile(args: readonly string[]): void {
  execFileSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', ...args]);
}

/** Compiles test/process/stand-in-driver.c as `folder`/libcuda.so.1. */
export function compileDriver(folder: string, flags: readonly string[] = []): void {
  mkdirSync(folder);
  const source = join(__dirname, 'stand-in-driver.c');
  compile([...flags, '-Wl,-soname,libcuda.so.1', '-o', join(folder, 'libcuda.so.1'), source]);
}

/** Compiles a library called libcuda.so.1 that is nobody's driver. */
export function compileForeignDriver(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'foreign.c'), 'int foreign(void) { return 0; }\n');
  compile(['-o', join(folder, 'libcuda.so.1'), join(folder, 'foreign.c')]);
}

/**
 * The same LibTorch in another folder, by links, and called one for CUDA 13.0: without a CUDA half (`cpu`), or with one
 * that needs a library, libtorchwing_absent.so.9, that is not there (`incomplete`).
 */
export function linkLibTorch(folder: string, libtorch: LibTorch, cudaHalf: 'cpu' | 'incomplete'): string {
  const root = join(folder, 'torch');
  const lib = join(root, 'lib');
  mkdirSync(lib, { recursive: true });
  for (const name of readdirSync(join(libtorch.root, 'lib'))) {
    if (name !== 'libtorch_cuda.so') symlinkSync(join(libtorch.root, 'lib', name), join(lib, name));
  }
  const nvidia = join(dirname(libtorch.root), 'nvidia');
  if (existsSync(nvidia)) symlinkSync(nvidia, join(folder, 'nvidia'));
  writeFileSync(join(root, 'version.py'), `__version__ = '${libtorch.version}+cu130'\n`);
  if (cudaHalf === 'incomplete') {
    const [source, absent] = [join(folder, 'empty.c'), join(folder, 'libtorchwing_absent.so.9')];
    writeFileSync(source, 'int torchwing_empty(void) { return 0; }\n');
    compile(['-Wl,-soname,libtorchwing_absent.so.9', '-o', absent, source]);
    compile(['-Wl,--no-as-needed', '-o', join(lib, 'libtorch_cuda.so'), source, absent]);
    rmSync(absent);
  }
  return root;
}
