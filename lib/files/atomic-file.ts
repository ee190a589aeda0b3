import { closeSync, openSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeAtEnd } from './left-behind';

/** Writes a file so that it is there whole or not at all, even after a power cut. Throws the system's error. */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await writeFileWhole(path, content, true);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The same without `sync` for what a power cut may take: whole or not at all however the process ends. */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  sync: boolean,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const forget = removeAtEnd(temporary);
  try {
    closeSync(openSync(temporary, 'w'));
    const file = await open(temporary, 'r+');
    try {
      await file.writeFile(content);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    forget();
  }
}
