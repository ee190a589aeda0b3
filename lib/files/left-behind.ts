import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { findAddonFiles } from '../native/addon-files';
import { openLoader } from '../native/load';
import type { NativeLibraryLoader } from '../native/types';

/*
 * Files that go when this JavaScript thread ends, in whatever way but by a signal: locks, and what is being written. The main
 * thread removes them in 'exit'. A worker that is terminated runs no JavaScript any more, and can be cut off between any two
 * statements; there the loader addon does it.
 */

const files = new Set<string>();
let loader: NativeLibraryLoader | null | undefined;

/**
 * Removes a temporary file when this thread ends. Call it before the file is made, and make the file synchronously: what a
 * thread of libuv's pool makes may come after the end.
 * @returns takes it back, for a file that is gone or has its name
 */
export function removeAtEnd(path: string): () => void {
  loaderOfWorker()?.removeAtEnd(path);
  files.add(path);
  return () => keep(path);
}

/**
 * Makes a file that was not there, and removes it when this thread ends.
 * @returns removes it now
 * @throws the system's error, EEXIST for a file that is there
 */
export function holdFile(path: string, content: string): () => void {
  const native = loaderOfWorker();
  if (native === null) writeNew(path, content);
  else throwSystemError(native.holdFile(path, content), path);
  files.add(path);
  return () => {
    // At once: no other process can have taken the name before it is forgotten here.
    rmSync(path, { force: true });
    keep(path);
  };
}

/** Throws EEXIST where there is one already; one that cannot be written whole is removed: half a lock would keep everybody out. */
function writeNew(path: string, content: string): void {
  const file = openSync(path, 'wx');
  try {
    writeFileSync(file, content);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function keep(path: string): void {
  files.delete(path);
  loader?.keepAtEnd(path);
}

function removeAll(): void {
  for (const path of files) rmSync(path, { force: true });
}

function loaderOfWorker(): NativeLibraryLoader | null {
  if (loader !== undefined) return loader;
  process.on('exit', removeAll);
  loader = null;
  if (isMainThread) return null;
  try {
    loader = openLoader(findAddonFiles().loader);
  } catch {
    // Whoever trains is told so in a moment. What may stay behind is a lock whose owner is seen to be gone.
  }
  return loader;
}

/** @param errno 0: nothing went wrong */
function throwSystemError(errno: number, path: string): void {
  if (errno === 0) return;
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${code}: cannot make '${path}'`), {
    code,
    errno: -errno,
    syscall: 'open',
    path,
  });
}
