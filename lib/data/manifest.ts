import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, inflateSync } from 'node:zlib';
import type { PhaseFiles } from './data-hash';
import type { FolderImage } from './image-folder';
import { inPieces } from './in-pieces';

/**
 * A data set's files in short, for a checkpoint: enough to say later what has become another. Every file where they are
 * not too many, else what each class of each phase comes to; null where even the classes are too many.
 */
export type DataManifest = { files: string } | { classes: ManifestClass[] } | null;

/** What a class of a phase comes to. */
export interface ManifestClass {
  /** `train/ants`. */
  name: string;
  images: number;
  /** The first digits of the SHA-256 over names and sizes. */
  names: string;
  /** And of that over contents; null where they were not read. */
  contents: string | null;
}

/** A file: its name, its bytes (-1: not there), and the first digits of its SHA-256, empty where it was not read. */
export type ManifestFile = [name: string, bytes: number, contents: string];

/** A checkpoint's record may have 16 MiB, and one is written again and again: 15 to 25 bytes a file, 100 a class. */
const MOST_FILES = 100_000;
const MOST_CLASSES = 10_000;
const MOST_TEXT = 4 << 20;
/** Of a SHA-256, in hexadecimal digits: it only has to tell what changed, not to withstand anyone. */
const FILE_DIGITS = 8;
const CLASS_DIGITS = 16;

/** @param contents SHA-256 of the files that were read, by path */
export async function describeFiles(
  phases: readonly PhaseFiles[],
  contents: ReadonlyMap<string, string> | null,
): Promise<DataManifest> {
  const images = phases.reduce((sum, { source }) => sum + source.images.length, 0);
  if (images <= MOST_FILES) {
    const files: ManifestFile[] = [];
    for (const phase of phases)
      await inPieces(phase.source.images.length, (at) => files.push(entry(phase, at, contents)));
    const packed = (await promisify(deflate)(JSON.stringify(files))).toString('base64');
    if (packed.length <= MOST_TEXT) return { files: packed };
  }
  const perPhase: ManifestClass[][] = [];
  for (const phase of phases) perPhase.push(await classesOf(phase, contents));
  const classes = perPhase.flat();
  return classes.length <= MOST_CLASSES ? { classes } : null;
}

/** The files of a manifest that lists them; null for any other, and for one that is not usable. */
export function listedFiles(manifest: DataManifest): ManifestFile[] | null {
  if (manifest === null || !('files' in manifest)) return null;
  try {
    const packed = Buffer.from(manifest.files, 'base64');
    const files = JSON.parse(inflateSync(packed, { maxOutputLength: 16 * MOST_TEXT }).toString('utf8'));
    return Array.isArray(files) && files.every(Array.isArray) ? (files as ManifestFile[]) : null;
  } catch {
    return null; // written by hand
  }
}

/** A folder's file below the phase, `train/ants/1.jpg`; a list's, which may be anywhere, with its class. */
function entry(
  { phase, source, bytes }: PhaseFiles,
  at: number,
  contents: ReadonlyMap<string, string> | null,
): ManifestFile {
  const { path, relativePath, label } = source.images[at] as FolderImage;
  const name =
    source.dir === null ? `${phase}/${source.classes[label]}: ${relativePath}` : `${phase}/${relativePath}`;
  return [name, bytes[at] ?? -1, contents?.get(path)?.slice(0, FILE_DIGITS) ?? ''];
}

async function classesOf(
  phase: PhaseFiles,
  contents: ReadonlyMap<string, string> | null,
): Promise<ManifestClass[]> {
  const { source } = phase;
  const sums = source.classes.map((name) => ({
    ...{ name: `${phase.phase}/${name}`, images: 0 },
    ...{ names: createHash('sha256'), contents: createHash('sha256') },
  }));
  await inPieces(source.images.length, (at) => {
    const { label, path } = source.images[at] as FolderImage;
    const sum = sums[label];
    if (sum === undefined) return;
    const [name, bytes] = entry(phase, at, null);
    sum.images += 1;
    sum.names.update(`${name}\t${bytes}\n`);
    sum.contents.update(`${contents?.get(path) ?? ''}\n`);
  });
  return sums.map((sum) => ({
    name: sum.name,
    images: sum.images,
    names: sum.names.digest('hex').slice(0, CLASS_DIGITS),
    contents: contents === null ? null : sum.contents.digest('hex').slice(0, CLASS_DIGITS),
  }));
}
