import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * SHA-256 of a file, 64 hex digits, read in pieces so that the event loop stays free; null when there is no such file.
 * Throws the system's error for a file that cannot be read.
 */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string | null> {
  if (!(await isFile(path))) return null;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) {
    signal?.throwIfAborted();
    hash.update(piece as Buffer);
  }
  return hash.digest('hex');
}

/** Whether `path` is a file that can be looked at. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
