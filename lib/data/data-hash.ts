import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FolderImage } from './image-folder';
import { inPieces } from './in-pieces';
import type { SourceImages } from './source';

/** Files asked for their size at once: enough to hide a network disk's latency, few enough for libuv's four threads. */
const AT_ONCE = 64;

/** The images of a phase as they were found, with the sizes of their files; -1 for one that is not there. */
export interface PhaseFiles {
  phase: 'train' | 'val';
  source: SourceImages;
  bytes: Float64Array;
}

/** Asks for the sizes of both phases' files. */
export async function sizeFiles(train: SourceImages, val: SourceImages): Promise<PhaseFiles[]> {
  return [await sized('train', train), await sized('val', val)];
}

/**
 * SHA-256, 64 hex digits, over a manifest of both phases: one line per image in order, `<phase>\t<class>\t<relative
 * path>\t<bytes>\n`, UTF-8. It tells one data set from another without reading the images: a file that changed but
 * kept its size goes unnoticed, which only preflight sees. Times of change are left out: a copy of the data has others.
 * The size of a file that is not there is written as `-`; decoding it says what is wrong.
 */
export async function dataSha256(phases: readonly PhaseFiles[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { phase, source, bytes } of phases) {
    const { images, classes } = source;
    await inPieces(images.length, (at) => {
      const { label, relativePath } = images[at] as FolderImage;
      const size = bytes[at] ?? -1;
      hash.update(`${phase}\t${classes[label]}\t${relativePath}\t${size < 0 ? '-' : size}\n`);
    });
  }
  return hash.digest('hex');
}

async function sized(phase: PhaseFiles['phase'], source: SourceImages): Promise<PhaseFiles> {
  const { images } = source;
  const bytes = new Float64Array(images.length);
  for (let start = 0; start < images.length; start += AT_ONCE)
    bytes.set(await Promise.all(images.slice(start, start + AT_ONCE).map(size)), start);
  return { phase, source, bytes };
}

async function size(image: FolderImage): Promise<number> {
  try {
    return (await stat(image.path)).size;
  } catch {
    return -1;
  }
}
