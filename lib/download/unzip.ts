import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ZipFile } from 'yauzl';
import { TorchwingError } from '../native/errors';
import { checkedMembers, type ZipLimits, type ZipMember } from './zip-entries';

export interface UnzipOptions {
  limits: ZipLimits;
  signal?: AbortSignal | undefined;
  /** After each file. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Unpacks a zip into an empty folder. The whole directory is checked before the first file is written; each file is
 * made new, never through a link, and its size and CRC-32 are compared. After a failure the folder holds a part.
 * @throws TorchwingError ARCHIVE_UNSAFE for what no honest archive holds; DOWNLOAD_CORRUPT for one that is broken;
 *   the system's error of a write; `signal.reason`
 */
export async function unzip(archive: string, folder: string, options: UnzipOptions): Promise<void> {
  const { signal } = options;
  // Loaded at the first unzip: `import 'torchwing'` should stay light.
  const yauzl = require('yauzl') as typeof import('yauzl');
  let zip: ZipFile | null = null;
  try {
    zip = await yauzl.openPromise(archive, { lazyEntries: true, autoClose: false, decodeStrings: false });
    const members = await checkedMembers(zip, archive, options.limits);
    for (const [at, member] of members.entries()) {
      signal?.throwIfAborted();
      await unpack(zip, member, join(folder, ...member.name.split('/')));
      options.onProgress?.(at + 1, members.length);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TorchwingError || (error as NodeJS.ErrnoException).syscall !== undefined)
      throw error;
    throw broken(archive, (error as Error).message, error);
  } finally {
    zip?.close();
  }
}

async function unpack(zip: ZipFile, { name, entry }: ZipMember, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx', 0o644);
  try {
    // yauzl ends the stream with an error when it has another size than the directory says.
    const stream = await zip.openReadStreamPromise(entry);
    let crc = 0;
    for await (const piece of stream) {
      crc = crc32(piece as Buffer, crc);
      await file.writeFile(piece as Buffer);
    }
    if (crc !== entry.crc32) throw new Error(`"${name}" has another CRC-32 than the archive says`);
  } finally {
    await file.close();
  }
}

function broken(archive: string, why: string, cause: unknown): TorchwingError {
  return new TorchwingError('DOWNLOAD_CORRUPT', `The archive "${archive}" is broken: ${why}.`, { cause });
}
