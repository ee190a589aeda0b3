import { type Dirent, readdir as readdirCallback } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TorchwingError } from '../native/errors';

export interface FolderEntry {
  name: string;
  /** A folder, or a link to one. */
  folder: boolean;
}

type ReadBytes = (
  path: string,
  options: { withFileTypes: true; encoding: 'buffer' },
) => Promise<Dirent<Buffer>[]>;
const readdir = promisify(readdirCallback) as unknown as ReadBytes;

/** What a folder holds, in no order. Throws the system's error, or DATASET_NOT_FOUND for a name that is not UTF-8. */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return Promise.all(
    entries.map(async (entry) => {
      const name = textOf(entry.name, path);
      // Only a link, or a kind that this file system does not tell, needs a look of its own.
      const plain = entry.isFile() || entry.isDirectory();
      return { name, folder: plain ? entry.isDirectory() : await isFolder(join(path, name)) };
    }),
  );
}

/** Whether `path` is a folder or a link to one; a broken link is not. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whatever cannot be looked at is no folder, as in Python's is_dir(); opening it as an image then says why.
    return false;
  }
}

function textOf(bytes: Buffer, folder: string): string {
  const name = bytes.toString('utf8');
  // Such a name cannot be opened again once it went through a JavaScript string.
  if (Buffer.compare(Buffer.from(name, 'utf8'), bytes) !== 0) {
    throw new TorchwingError(
      'DATASET_NOT_FOUND',
      `The name "${name}" in "${folder}" is not UTF-8 and cannot be opened.`,
      {
        hint: 'Rename it.',
      },
    );
  }
  return name;
}
