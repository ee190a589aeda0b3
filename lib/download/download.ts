import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256OfFile } from '../files/file-hash';
import { freeBytes } from '../files/free-disk';
import { TorchwingError } from '../native/errors';
import { HttpClient } from './http';
import { PartialFile } from './partial-file';
import { downloadError, ServerRefused, WrongFile } from './problems';
import { addressOf, withoutCredentials } from './settings';
import { transfer } from './transfer';
import { DEFAULT_PATIENCE, type DownloadOptions, type DownloadProgress, type DownloadRequest } from './types';
import { waitForLock } from './wait-for-lock';

/** Milliseconds between two reports of progress. */
const REPORT_EVERY = 100;

/**
 * Brings a published file to `request.path`: beside it under another name, gone on with after a break, checked, brought
 * to the disk, then renamed, so that a partial or wrong file is never found there. Of several processes that want
 * the same file one downloads it and the others wait.
 * @returns the address that it came from; null when another process brought it
 * @throws TorchwingError DOWNLOAD_FAILED (network, server, disk) or DOWNLOAD_CORRUPT (another file than the published
 *   one); `signal.reason`
 */
export async function download(
  request: DownloadRequest,
  options: DownloadOptions = {},
): Promise<string | null> {
  const environment = options.environment ?? process.env;
  const address = addressOf(request.url, environment);
  const shown = withoutCredentials(address);
  const report = (state: DownloadProgress['state'], received: number, total: number | null) =>
    options.onProgress?.({ name: request.name, state, url: shown, path: request.path, received, total });
  try {
    await mkdir(dirname(request.path), { recursive: true });
    const release = await waitForLock(request.path, request.name, options.signal, () =>
      report('waiting', 0, null),
    );
    try {
      if (await isComplete(request, options.signal)) return null;
      await fetchAndCheck(request, address, options, environment, (received, total) =>
        report('downloading', received, total),
      );
      return shown;
    } finally {
      await release();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw downloadError(error, request, shown);
  }
}

/** Whether the file is there already, brought by somebody else while this process waited. */
async function isComplete(request: DownloadRequest, signal: AbortSignal | undefined): Promise<boolean> {
  const found = await sha256OfFile(request.path, signal);
  return found?.startsWith(request.sha256 ?? '') === true;
}

async function fetchAndCheck(
  request: DownloadRequest,
  address: string,
  options: DownloadOptions,
  environment: NodeJS.ProcessEnv,
  report: (received: number, total: number | null) => void,
): Promise<void> {
  const { signal } = options;
  const patience = { ...DEFAULT_PATIENCE, ...options.patience };
  const part = await PartialFile.open(`${request.path}.part`, withoutCredentials(address));
  let keep = true;
  let client: HttpClient | null = null;
  let reported = Number.NEGATIVE_INFINITY;
  const onBytes = () => {
    const now = performance.now();
    if (now - reported < REPORT_EVERY) return;
    reported = now;
    report(part.size, part.total);
  };
  try {
    client = openClient(patience.idle, environment);
    const onSize = (bytes: number) => requireDisk(request, bytes, options.freeBytes ?? freeBytes);
    report(part.size, part.total ?? request.bytes.about);
    for (;;) {
      await transfer({ client, part, address, request, patience, signal, onSize, onBytes });
      report(part.size, part.size);
      const found = await sha256OfFile(part.path, signal);
      if (found?.startsWith(request.sha256 ?? '') === true) break;
      // Joined from two versions of the file, perhaps: once more, in one piece.
      const joined = part.joined;
      await part.restart(null, null);
      if (!joined) throw new WrongFile(`its SHA-256 is ${found}, expected ${request.sha256}`);
    }
    await part.sync();
    await rename(part.path, request.path);
    await rm(`${part.path}.json`, { force: true });
    await syncFolder(dirname(request.path));
  } catch (error) {
    // Of a wrong file nothing stays; the beginning of the right one does.
    keep = !(error instanceof WrongFile);
    throw error;
  } finally {
    await client?.close();
    await part.close(keep);
  }
}

function openClient(idle: number, environment: NodeJS.ProcessEnv): HttpClient {
  try {
    return new HttpClient(idle, environment);
  } catch (error) {
    throw new ServerRefused(`HTTPS_PROXY or HTTP_PROXY is no address (${(error as Error).message})`);
  }
}

async function requireDisk(
  request: DownloadRequest,
  bytes: number,
  free: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = dirname(request.path);
  const found = await free(folder);
  if (found >= bytes) return;
  throw new TorchwingError(
    'DOWNLOAD_FAILED',
    `The disk of "${folder}" has ${found} bytes free, expected at least ${bytes} for ${request.name}.`,
    { hint: 'Free some space, or set XDG_CACHE_HOME to a folder on another disk.' },
  );
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
