import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '../native/cache-folder';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { type DuplicateGroup, findDuplicates } from './duplicates';
import { type ImageFacts, type InspectOptions, inspectImages } from './inspect-images';
import type { SourceImages } from './source';
import { type FileStamp, stampOf, VerdictCache } from './verdict-cache';

/** Files asked for their size at once; see lib/data/data-hash.ts. */
const AT_ONCE = 64;

/** The images of one phase under its name: `train`, `val`, or `all` for a folder that is not split. */
export interface PhaseSource {
  phase: 'train' | 'val' | 'all';
  source: SourceImages;
}

/** One entry of a source with what its file is. */
export interface CheckedImage {
  phase: PhaseSource['phase'];
  path: string;
  relativePath: string;
  className: string;
  label: number;
  facts: ImageFacts;
}

/** All that is known of a data set after every file was read and decoded. */
export interface CheckedData {
  images: CheckedImage[];
  duplicates: DuplicateGroup[];
  /** Files whose facts came from an earlier check. */
  fromCache: number;
  seconds: number;
  /**
   * SHA-256, 64 hex digits, over one line per usable image in order:
   * `<phase>\t<class>\t<relative path>\t<bytes>\t<SHA-256 of the file>\n`, UTF-8.
   */
  contentSha256: string;
}

export interface CheckOptions extends Omit<InspectOptions, 'onProgress'> {
  /** Files done and files in all. */
  onProgress?: (done: number, total: number) => void;
  /** Where verdicts are kept between checks; null for nowhere. Default: `checks` in the user's cache folder. */
  cache?: string | null;
}

/**
 * Reads and decodes every image of a data set and compares them with each other. What is wrong with a file is its
 * verdict, never an error. Files that have the size and time of an earlier check are not read again.
 */
export async function checkData(phases: readonly PhaseSource[], options: CheckOptions): Promise<CheckedData> {
  const started = performance.now();
  const { facts, fromCache } = await factsOf(phases, options);
  const images = phases.flatMap(({ phase, source }) =>
    source.images.map(({ path, relativePath, label }) => ({
      phase,
      path,
      relativePath,
      className: source.classes[label] ?? '',
      label,
      facts: facts.get(path) as ImageFacts,
    })),
  );
  const duplicates = findDuplicates(images);
  const contentSha256 = contentHash(images);
  return { images, duplicates, fromCache, seconds: (performance.now() - started) / 1000, contentSha256 };
}

export function isUsable({ facts }: CheckedImage): boolean {
  return facts.verdict === 'good';
}

/** See `CheckedData.contentSha256`. */
function contentHash(images: readonly CheckedImage[]): string {
  const hash = createHash('sha256');
  for (const { phase, className, relativePath, facts } of images.filter(isUsable))
    hash.update(`${phase}\t${className}\t${relativePath}\t${facts.bytes}\t${facts.sha256}\n`);
  return hash.digest('hex');
}

async function factsOf(
  phases: readonly PhaseSource[],
  { limits, workers, signal, onProgress, onStalled, cache = join(cacheFolder(), 'checks') }: CheckOptions,
): Promise<{ facts: Map<string, ImageFacts>; fromCache: number }> {
  const paths = [...new Set(phases.flatMap(({ source }) => source.images.map(({ path }) => path)))];
  const stamps = await stampsOf(paths);
  const addon = await loadNative();
  const { addon: version } = await callNative(() => addon.version());
  const dataSet = phases.map(({ phase, source }) => `${phase} ${source.name}`).join('\n');
  const kept = cache === null ? null : new VerdictCache(cache, dataSet, { limits, version });
  await kept?.read();

  const facts = new Map<string, ImageFacts>();
  for (const path of paths) {
    const stamp = stamps.get(path);
    const known = stamp === undefined ? null : (kept?.get(path, stamp) ?? null);
    if (known !== null) facts.set(path, known);
  }
  const unknown = paths.filter((path) => !facts.has(path));
  const fromCache = facts.size;
  if (unknown.length === 0) return { facts, fromCache };
  const found = await inspectImages(unknown, {
    limits,
    workers,
    ...(signal === undefined ? {} : { signal }),
    ...(onStalled === undefined ? {} : { onStalled }),
    onProgress: (done) => onProgress?.(fromCache + done, paths.length),
  });
  for (const [at, path] of unknown.entries()) facts.set(path, found[at] as ImageFacts);
  await kept?.write(
    new Map(
      [...stamps].map(([path, stamp]) => [path, { stamp, facts: facts.get(path) as ImageFacts }] as const),
    ),
  );
  return { facts, fromCache };
}

/** Taken before the files are read: one that changes meanwhile is then read again next time. */
async function stampsOf(paths: readonly string[]): Promise<Map<string, FileStamp>> {
  const stamps = new Map<string, FileStamp>();
  for (let start = 0; start < paths.length; start += AT_ONCE) {
    const some = paths.slice(start, start + AT_ONCE);
    const found = await Promise.all(some.map(stampOf));
    for (const [at, path] of some.entries()) {
      const stamp = found[at];
      if (stamp != null) stamps.set(path, stamp);
    }
  }
  return stamps;
}
