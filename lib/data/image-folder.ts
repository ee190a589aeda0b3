import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TorchwingError } from '../native/errors';
import { type FolderEntry, listFolder } from './folder-entries';
import { byCodePoint } from './text-order';

/** What torchvision's ImageFolder takes for an image, whatever the case. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.png',
  '.ppm',
  '.bmp',
  '.pgm',
  '.tif',
  '.tiff',
  '.webp',
];

export interface FolderImage {
  /** The file, as `dir` joined with its relative path. */
  path: string;
  /** Path below the scanned folder, with `/`. */
  relativePath: string;
  /** Class index. */
  label: number;
}

/** What a folder with one folder per class holds. */
export interface ImageFolder {
  dir: string;
  /** Class names; their position is the label. */
  classes: string[];
  /** In torchvision's order. */
  images: FolderImage[];
  /** Files below the class folders that are no image by their extension. */
  ignored: number;
  /** Paths below the scanned folder of these, and of the files beside the class folders, which `ignored` does not count. */
  ignoredFiles: string[];
}

/**
 * Lists a folder by the rules of torchvision.datasets.ImageFolder: the classes are the names of its folders, sorted;
 * each is walked to any depth, symbolic links followed, folders and files sorted; images are told by nine extensions.
 * A link back to a folder that it lies in is not followed again (Python walks it until the system refuses).
 * @throws TorchwingError DATASET_NOT_FOUND (no such folder), DATASET_CLASSES (no class folder) or DATASET_EMPTY
 */
export async function scanImageFolder(dir: string): Promise<ImageFolder> {
  const entries = await topLevel(dir);
  const classes = entries.flatMap(({ name, folder }) => (folder ? [name] : [])).sort(byCodePoint);
  if (classes.length === 0) {
    throw new TorchwingError(
      'DATASET_CLASSES',
      `The folder "${dir}" holds no class folder, expected one folder per class.`,
      {
        hint: 'Put the images of each class into a folder of its own, named after the class.',
      },
    );
  }
  const images: FolderImage[] = [];
  const ignoredFiles = entries.flatMap(({ name, folder }) => (folder ? [] : [name])).sort(byCodePoint);
  const empty: string[] = [];
  let ignored = 0;
  for (const [label, name] of classes.entries()) {
    const found = await imagesBelow(dir, name);
    ignored += found.ignoredFiles.length;
    ignoredFiles.push(...found.ignoredFiles);
    if (found.relativePaths.length === 0) empty.push(name);
    for (const relativePath of found.relativePaths)
      images.push({ path: join(dir, relativePath), relativePath, label });
  }
  if (empty.length > 0) {
    const what = empty.length === 1 ? 'The class folder' : 'The class folders';
    throw new TorchwingError(
      'DATASET_EMPTY',
      `${what} ${empty.map((name) => `"${name}"`).join(', ')} of "${dir}" ${empty.length === 1 ? 'holds' : 'hold'} no image, expected at least one.`,
      { hint: `Add images (${IMAGE_EXTENSIONS.join(' ')}) or remove the folder.` },
    );
  }
  return { dir, classes, images, ignored, ignoredFiles };
}

async function topLevel(dir: string): Promise<FolderEntry[]> {
  try {
    return await listFolder(dir);
  } catch (error) {
    if (error instanceof TorchwingError) throw error;
    const reason = (error as NodeJS.ErrnoException).code;
    const text =
      reason === 'ENOENT'
        ? `The data folder "${dir}" does not exist.`
        : reason === 'ENOTDIR'
          ? `The data folder "${dir}" is not a folder.`
          : `The data folder "${dir}" cannot be read (${reason}).`;
    throw new TorchwingError('DATASET_NOT_FOUND', text, { cause: error });
  }
}

/** Relative paths of the images of one class, in the order of sorted(os.walk(...)) with sorted file names. */
async function imagesBelow(
  dir: string,
  name: string,
): Promise<{ relativePaths: string[]; ignoredFiles: string[] }> {
  const folders = new Map<string, string[]>();
  await walk(dir, name, new Set(), folders);
  const relativePaths: string[] = [];
  const ignoredFiles: string[] = [];
  // os.walk's tuples sort by the folder's whole path, so "a-b" comes before "a/b".
  for (const folder of [...folders.keys()].sort(byCodePoint)) {
    for (const file of (folders.get(folder) ?? []).sort(byCodePoint)) {
      (isImageName(file) ? relativePaths : ignoredFiles).push(`${folder}/${file}`);
    }
  }
  return { relativePaths, ignoredFiles };
}

/** Fills `folders` with the file names of each folder; `above` holds the real paths from the class folder down. */
async function walk(
  dir: string,
  folder: string,
  above: ReadonlySet<string>,
  folders: Map<string, string[]>,
): Promise<void> {
  const path = join(dir, folder);
  const real = await readable(path, () => realpath(path));
  if (above.has(real)) return;
  const inside = new Set([...above, real]);
  const files: string[] = [];
  folders.set(folder, files);
  for (const entry of await readable(path, () => listFolder(path))) {
    if (entry.folder) await walk(dir, `${folder}/${entry.name}`, inside, folders);
    else files.push(entry.name);
  }
}

/** os.walk passes over a folder that it may not read; leaving images out in silence is worse, so it is an error here. */
async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TorchwingError) throw error;
    throw new TorchwingError(
      'DATASET_NOT_FOUND',
      `The data folder "${path}" cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
}

function isImageName(file: string): boolean {
  const lower = file.toLowerCase();
  return IMAGE_EXTENSIONS.some((extension) => lower.endsWith(extension));
}
