import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { IMAGE_EXTENSIONS } from '../data/image-folder';
import { byCodePoint } from '../data/text-order';
import { TorchwingError } from '../native/errors';

/**
 * The images that the places stand for: a file is itself, whatever its name; a folder is the images directly in it,
 * sorted by name.
 * @throws TorchwingError IMAGE_READ for a place that does not exist, DATASET_EMPTY for a folder without images
 */
export async function listImages(places: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(places.map(imagesOf));
  return lists.flat();
}

async function imagesOf(place: string): Promise<string[]> {
  const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`;
    throw new TorchwingError('IMAGE_READ', `The image "${place}" ${reason}.`, { cause: error });
  });
  if (!found.isDirectory()) return [place];
  const entries = await readdir(place, { withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const names = files.filter(isImageName).sort(byCodePoint);
  if (names.length > 0) return names.map((name) => join(place, name));
  throw new TorchwingError(
    'DATASET_EMPTY',
    `The folder "${place}" holds no images, expected files ending in ${IMAGE_EXTENSIONS.join(', ')}.`,
  );
}

function isImageName(name: string): boolean {
  return (IMAGE_EXTENSIONS as readonly string[]).includes(extname(name).toLowerCase());
}
