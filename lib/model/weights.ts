import { homedir } from 'node:os';
import { join } from 'node:path';
import { download } from '../download/download';
import { isOffline } from '../download/settings';
import type { DownloadOptions } from '../download/types';
import { sha256OfFile } from '../files/file-hash';
import { cacheFolder } from '../native/cache-folder';
import { TorchwingError } from '../native/errors';
import type { Architecture } from '../native/types';
import { type PublishedWeights, publishedWeights, sizeBounds, type WeightsName } from './weights-catalogue';

export interface FindWeightsOptions extends DownloadOptions {
  arch: Architecture;
  /** Told of a cached file that is passed over because its contents are not the published ones. */
  warn?: (warning: { code: string; message: string; hint?: string }) => void;
  /** What a name stands for; given by tests. */
  lookUp?: (arch: Architecture, name: WeightsName) => PublishedWeights | undefined;
}

/**
 * The file behind a choice of weights: the file itself, or a published file, found by name in Python's cache or in
 * ours, or else downloaded into ours; its SHA-256 is checked each time. Null stands for random weights.
 * @throws TorchwingError WEIGHTS_NOT_FOUND for a name that the architecture does not have, and under
 *   `TORCHWING_OFFLINE=1`, with the URL, the hash and where to put the file; DOWNLOAD_FAILED, DOWNLOAD_CORRUPT
 */
export async function findWeights(
  choice: WeightsName | { file: string } | null,
  options: FindWeightsOptions,
): Promise<string | null> {
  if (choice === null) return null;
  if (typeof choice === 'object') return choice.file;
  const { arch, signal, environment = process.env } = options;
  const found = (options.lookUp ?? publishedWeights)(arch, choice);
  if (found === undefined) throw unknownName(arch, choice);
  const places = weightFolders(environment).map((folder) => join(folder, found.fileName));
  for (const place of places) {
    const hash = await hashOf(place, signal);
    if (hash?.startsWith(found.sha256) === true) return place;
    if (hash !== null) options.warn?.(altered(place, choice, found));
  }
  const path = places.at(-1) as string;
  const cure = `Download ${found.url} (${hashText(found)}) to ${path}, or name another file (--weights FILE), or train from random weights (--weights none).`;
  if (isOffline(environment)) {
    throw new TorchwingError(
      'WEIGHTS_NOT_FOUND',
      `The weights ${choice} of ${arch} were not found in ${places.join(' or ')}, and TORCHWING_OFFLINE forbids to download them.`,
      { hint: cure },
    );
  }
  const { url, sha256 } = found;
  const name = `the weights ${choice} of ${arch}`;
  await download({ name, url, path, sha256, bytes: sizeBounds(found), cure }, options);
  return path;
}

/** Where published weights are looked for: Python's cache (torch.hub's rules), then our own. */
export function weightFolders(environment: NodeJS.ProcessEnv = process.env): string[] {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const torchHome = environment['TORCH_HOME'] || join(cache, 'torch');
  return [join(torchHome, 'hub', 'checkpoints'), join(cacheFolder(environment), 'weights')];
}

function unknownName(arch: Architecture, choice: WeightsName): TorchwingError {
  return new TorchwingError('WEIGHTS_NOT_FOUND', `There are no published weights ${choice} of ${arch}.`, {
    hint: 'IMAGENET1K_V1 is there for every architecture.',
  });
}

function altered(place: string, choice: WeightsName, found: PublishedWeights) {
  return {
    code: 'WEIGHTS_ALTERED',
    message: `The weight file "${place}" was passed over: its contents are not those of ${choice} (${hashText(found)}).`,
    hint: 'It is damaged or incomplete: remove it.',
  };
}

function hashText({ sha256 }: PublishedWeights): string {
  return sha256.length === 64 ? `SHA-256 ${sha256}` : `SHA-256 beginning with ${sha256}`;
}

async function hashOf(path: string, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    return await sha256OfFile(path, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new TorchwingError(
      'WEIGHTS_NOT_FOUND',
      `The weight file "${path}" cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
}
