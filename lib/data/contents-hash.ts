import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sha256OfFile } from '../files/file-hash';
import { TorchwingError } from '../native/errors';
import { scanImageFolder } from './image-folder';
import { byCodePoint } from './text-order';

/**
 * SHA-256, 64 hex digits, over the images of a folder with train/ and val/: one line per image,
 * `<SHA-256 of the file>  <relative path>\n`, sorted by path; what `sha256sum` prints of them. Files that are no images
 * by their extension do not count. Null for a folder that is no data set, or not there.
 */
export async function contentsSha256(folder: string, signal?: AbortSignal): Promise<string | null> {
  const paths: string[] = [];
  try {
    for (const phase of ['train', 'val']) {
      const { images } = await scanImageFolder(join(folder, phase));
      paths.push(...images.map(({ relativePath }) => `${phase}/${relativePath}`));
    }
  } catch (error) {
    if (error instanceof TorchwingError) return null;
    throw error;
  }
  const hash = createHash('sha256');
  for (const path of paths.sort(byCodePoint))
    hash.update(`${await sha256OfFile(join(folder, path), signal)}  ${path}\n`);
  return hash.digest('hex');
}
