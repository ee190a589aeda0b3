import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ListedImage, Source } from '../config/types';
import { TorchwingError } from '../native/errors';
import { type DatasetName, PUBLISHED_DATASETS } from './dataset-catalogue';
import { datasetFolder } from './fetch-dataset';
import { isFolder } from './folder-entries';
import { type FolderImage, scanImageFolder } from './image-folder';
import { byCodePoint } from './text-order';
import { splitPart } from './val-split';

/** The images of one phase. */
export interface SourceImages {
  /** What to call the source in messages. */
  name: string;
  /** The folder; null for a list. */
  dir: string | null;
  classes: string[];
  images: FolderImage[];
  ignored: number;
  /** See `ImageFolder.ignoredFiles`. */
  ignoredFiles: string[];
}

/** Lists a source's images. Throws DATASET_NOT_FOUND, DATASET_CLASSES or DATASET_EMPTY. */
export async function openSource(source: Source, seed: number): Promise<SourceImages> {
  if ('list' in source) return fromList(source.list);
  if ('dataset' in source) return fromDataset(source.dataset, source.split);
  if (!('split' in source)) {
    await explainMissingPhase(source.dir);
    const folder = await scanImageFolder(source.dir);
    return { name: `"${source.dir}"`, ...folder };
  }
  const folder = await scanImageFolder(source.dir);
  if (folder.classes.length === 2 && folder.classes.join('/') === 'train/val') {
    throw new TorchwingError(
      'DATASET_CLASSES',
      `The folder "${source.dir}" holds train/ and val/ already, expected one folder per class to split.`,
      { hint: 'Leave valSplit (--val-split) out.' },
    );
  }
  return {
    ...folder,
    name: `"${source.dir}"`,
    images: splitPart(folder, source.split, source.valSplit, seed),
  };
}

/** A published data set in the cache; `fetchDataset` has brought it. */
async function fromDataset(name: DatasetName, split: 'train' | 'val'): Promise<SourceImages> {
  const folder = await scanImageFolder(join(datasetFolder(PUBLISHED_DATASETS[name]), split));
  return { name: `of the data set ${name} (${split})`, ...folder };
}

/** A list's classes are its labels, sorted; its images keep the list's order. */
function fromList(list: readonly ListedImage[]): SourceImages {
  const classes = [...new Set(list.map(({ label }) => label))].sort(byCodePoint);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const images = list.map(({ path, label }) => ({ path, relativePath: path, label: labels.get(label) ?? 0 }));
  return { name: 'the list', dir: null, classes, images, ignored: 0, ignoredFiles: [] };
}

/** The shorthand `data.dir` makes train/ and val/ of one folder: when one is missing, says what the folder should hold. */
async function explainMissingPhase(dir: string): Promise<void> {
  const phase = basename(dir);
  const parent = dirname(dir);
  if ((phase !== 'train' && phase !== 'val') || (await exists(dir)) || !(await isFolder(parent))) return;
  const other = join(parent, phase === 'train' ? 'val' : 'train');
  const hint = (await isFolder(other))
    ? `Add "${dir}" with one folder per class.`
    : `Expected train/ and val/ in "${parent}", or a folder of classes with valSplit (--val-split 0.2).`;
  throw new TorchwingError('DATASET_NOT_FOUND', `The data folder "${dir}" does not exist.`, { hint });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
