import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { download } from '../download/download';
import { diskError } from '../download/problems';
import { isOffline } from '../download/settings';
import type { DownloadOptions, DownloadProgress } from '../download/types';
import { unzip } from '../download/unzip';
import { waitForLock } from '../download/wait-for-lock';
import type { ZipLimits } from '../download/zip-entries';
import { isFile } from '../files/file-hash';
import { cacheFolder } from '../native/cache-folder';
import { TorchwingError } from '../native/errors';
import { contentsSha256 } from './contents-hash';
import type { PublishedDataset } from './dataset-catalogue';
import { isFolder } from './folder-entries';

/** Several times what the data sets of the catalogue need. */
const LIMITS: ZipLimits = { entries: 5000, fileBytes: 64 * 2 ** 20, totalBytes: 512 * 2 ** 20, ratio: 100 };

/** Where a published data set is kept: in the cache, shared by all runs. */
export function datasetFolder(
  dataset: Pick<PublishedDataset, 'folder'>,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  return join(cacheFolder(environment), 'datasets', dataset.folder);
}

/**
 * Brings a published data set into the cache, unless it is there: downloads the zip, or takes one that was put there,
 * unpacks it beside its place, compares the images with the published ones, then renames the folder. The images are
 * compared again each time.
 * @returns the folder that has train/ and val/
 * @throws TorchwingError DATASET_NOT_FOUND under `TORCHWING_OFFLINE=1`, with the URL and where to put the file;
 *   DOWNLOAD_FAILED, DOWNLOAD_CORRUPT, ARCHIVE_UNSAFE; `signal.reason`
 */
export async function fetchDataset(
  dataset: PublishedDataset,
  options: DownloadOptions = {},
): Promise<string> {
  const folder = datasetFolder(dataset, options.environment ?? process.env);
  try {
    return await bringInto(folder, dataset, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw diskError(error, `Bringing the data set ${dataset.name} to "${folder}"`);
  }
}

async function bringInto(
  folder: string,
  dataset: PublishedDataset,
  options: DownloadOptions,
): Promise<string> {
  const { signal } = options;
  if (await isIntact(dataset, folder, signal)) return folder;
  const zip = join(dirname(folder), dataset.fileName);
  const name = `the data set ${dataset.name}`;
  const report = (state: DownloadProgress['state'], received: number, total: number | null) =>
    options.onProgress?.({ name, state, url: dataset.url, path: folder, received, total });
  await mkdir(dirname(folder), { recursive: true });
  const release = await waitForLock(folder, name, signal, () => report('waiting', 0, null));
  try {
    // Another process may have brought it meanwhile.
    if (await isIntact(dataset, folder, signal)) return folder;
    const downloaded = await bringZip(dataset, zip, name, options);
    try {
      await unpackAndCheck(dataset, zip, folder, signal, (done, total) => report('unpacking', done, total));
    } finally {
      // A zip that the user put there is the user's.
      if (downloaded) await rm(zip, { force: true });
    }
    return folder;
  } finally {
    await release();
  }
}

/** @returns whether it was downloaded, and not there already */
async function bringZip(
  dataset: PublishedDataset,
  zip: string,
  name: string,
  options: DownloadOptions,
): Promise<boolean> {
  const cure = `Download ${dataset.url} (its ${imagesOf(dataset)} are checked after unpacking) to ${zip}, or name a folder of your own (--data DIR).`;
  const request = { name, url: dataset.url, path: zip, sha256: null, bytes: dataset.bytes, cure };
  if (await isFile(zip)) return false;
  if (isOffline(options.environment)) {
    throw new TorchwingError(
      'DATASET_NOT_FOUND',
      `The data set ${dataset.name} was not found in ${dirname(zip)}, and TORCHWING_OFFLINE forbids to download it.`,
      { hint: cure },
    );
  }
  return (await download(request, options)) !== null;
}

async function unpackAndCheck(
  dataset: PublishedDataset,
  zip: string,
  folder: string,
  signal: AbortSignal | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const staging = `${folder}.part`;
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging);
    await unzip(zip, staging, { limits: LIMITS, signal, onProgress });
    const unpacked = join(staging, dataset.folder);
    const found = await contentsSha256(unpacked, signal);
    if (found !== dataset.contentsSha256) {
      throw new TorchwingError(
        'DOWNLOAD_CORRUPT',
        `The archive "${zip}" does not hold the ${imagesOf(dataset)} of ${dataset.name}: the SHA-256 of its contents is ${found}, expected ${dataset.contentsSha256}.`,
        { hint: `Get it from ${dataset.url}.` },
      );
    }
    await rename(unpacked, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Whether the data set is there; one that is there with other contents is refused, since it may be somebody's work. */
async function isIntact(
  dataset: PublishedDataset,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!(await isFolder(folder))) return false;
  if ((await contentsSha256(folder, signal)) === dataset.contentsSha256) return true;
  throw new TorchwingError(
    'DATASET_ALTERED',
    `The folder "${folder}" does not hold the ${imagesOf(dataset)} of ${dataset.name} any more: files were changed, added or removed.`,
    { hint: 'Remove it, and it is brought anew; or train on it as a folder of your own (--data DIR).' },
  );
}

function imagesOf({ images }: PublishedDataset): string {
  return `${images.train} + ${images.val} images`;
}
