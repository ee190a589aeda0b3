import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TorchwingError } from '../native/errors';
import type { Architecture } from '../native/types';
import { PUBLISHED_WEIGHTS, type WeightsName } from './weights-catalogue';

/**
 * The file behind a choice of weights: the file itself, or a published file found by name in Python's cache or in ours,
 * its SHA-256 checked. Null stands for random weights.
 * @throws TorchwingError WEIGHTS_NOT_FOUND with the URL, the hash and where to put the file; WEIGHTS_FORMAT for a cached
 *   file with other contents; WEIGHTS_MISMATCH when what is published under the name is for another `arch`
 */
export async function findWeights(
  choice: WeightsName | { file: string } | null,
  arch: Architecture,
): Promise<string | null> {
  if (choice === null) return null;
  if (typeof choice === 'object') return choice.file;
  const { fileName, url, sha256, arch: published } = PUBLISHED_WEIGHTS[choice];
  if (published !== arch) {
    throw new TorchwingError(
      'WEIGHTS_MISMATCH',
      `The weights ${choice} are known for ${published}, expected for ${arch}.`,
      { hint: 'Name a weight file (--weights FILE), or train from random weights (--weights none).' },
    );
  }
  const places = weightFolders().map((folder) => join(folder, fileName));
  const altered: string[] = [];
  for (const place of places) {
    const found = await hashOf(place);
    if (found === sha256) return place;
    if (found !== null) altered.push(place);
  }
  const cure = `Download ${url} (SHA-256 ${sha256}) to ${places.at(-1)}, or name another file (--weights FILE), or train from random weights (--weights none).`;
  if (altered.length > 0) {
    throw new TorchwingError(
      'WEIGHTS_FORMAT',
      `The weight file "${altered[0]}" is not ${choice}: its SHA-256 differs from ${sha256}.`,
      { hint: `Remove it: it is damaged or incomplete. ${cure}` },
    );
  }
  throw new TorchwingError(
    'WEIGHTS_NOT_FOUND',
    `The weights ${choice} were not found in ${places.join(' or ')}.`,
    {
      hint: cure,
    },
  );
}

/** Where published weights are looked for: Python's cache (torch.hub's rules), then our own. */
export function weightFolders(): string[] {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const torchHome = process.env['TORCH_HOME'] || join(cache, 'torch');
  return [join(torchHome, 'hub', 'checkpoints'), join(cache, 'torchwing', 'weights')];
}

/** SHA-256 of a file, read in pieces so that the event loop stays free; null when there is no such file. */
async function hashOf(path: string): Promise<string | null> {
  const exists = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!exists) return null;
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  } catch (error) {
    throw new TorchwingError(
      'WEIGHTS_NOT_FOUND',
      `The weight file "${path}" cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
  return hash.digest('hex');
}
