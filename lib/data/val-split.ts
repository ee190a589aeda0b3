import { createHash } from 'node:crypto';
import { TorchwingError } from '../native/errors';
import type { FolderImage, ImageFolder } from './image-folder';
import { byCodePoint } from './text-order';

/**
 * One part of a folder of classes. Of each class's n images, round(n * share), but at least one and at most n - 1, are
 * validation images: those whose SHA-256 over "<seed>/<relative path>" is smallest. So the draw depends on nothing but
 * seed and names. Both parts keep the folder's order.
 * @throws TorchwingError DATASET_EMPTY for a class with a single image
 */
export function splitPart(
  folder: ImageFolder,
  part: 'train' | 'val',
  share: number,
  seed: number,
): FolderImage[] {
  const validation = new Set<FolderImage>();
  for (const [label, name] of folder.classes.entries()) {
    const images = folder.images.filter((image) => image.label === label);
    if (images.length < 2) {
      throw new TorchwingError(
        'DATASET_EMPTY',
        `The class folder "${name}" of "${folder.dir}" holds one image, expected at least two to split.`,
      );
    }
    const count = Math.min(images.length - 1, Math.max(1, Math.round(images.length * share)));
    const drawn = images
      .map((image) => ({ image, rank: rank(seed, image.relativePath) }))
      .sort((left, right) => byCodePoint(left.rank, right.rank));
    for (const { image } of drawn.slice(0, count)) validation.add(image);
  }
  return folder.images.filter((image) => validation.has(image) === (part === 'val'));
}

function rank(seed: number, relativePath: string): string {
  return createHash('sha256').update(`${seed}/${relativePath}`).digest('hex');
}
