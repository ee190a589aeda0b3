import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FolderImage } from './image-folder';
import type { SourceImages } from './source';

/** Files asked for their size at once: enough to hide a network disk's latency, few enough for libuv's four threads. */
const AT_ONCE = 64;

/**
 * SHA-256, 64 hex digits, over a manifest of both phases: one line per image in order, `<phase>\t<class>\t<relative
 * path>\t<bytes>\n`, UTF-8. It tells one data set from another without reading the images: a file that changed but
 * kept its size goes unnoticed. The size of a file that is not there is written as `-`; decoding it says what is wrong.
 */
export async function dataSha256(train: SourceImages, val: SourceImages): Promise<string> {
  const hash = createHash('sha256');
  for (const [phase, source] of [['train', train] as const, ['val', val] as const]) {
    for (let start = 0; start < source.images.length; start += AT_ONCE) {
      const images = source.images.slice(start, start + AT_ONCE);
      const sizes = await Promise.all(images.map(size));
      for (const [at, image] of images.entries()) {
        hash.update(`${phase}\t${source.classes[image.label]}\t${image.relativePath}\t${sizes[at]}\n`);
      }
    }
  }
  return hash.digest('hex');
}

async function size(image: FolderImage): Promise<string> {
  try {
    return String((await stat(image.path)).size);
  } catch {
    return '-';
  }
}
