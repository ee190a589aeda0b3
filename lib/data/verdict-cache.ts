import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileWhole } from '../files/atomic-file';
import type { ImageFacts } from './inspect-images';

/** Version of the file's form, and of what the facts mean. */
const CACHE_VERSION = 2;
/** Data sets whose facts are kept; the one that was checked longest ago goes first. */
const KEPT_FILES = 32;

/** What must be the same for a file to be taken as it was: bytes and modification time in nanoseconds. */
export interface FileStamp {
  size: string;
  /** Of content and of the file itself: whoever copies over a file may set the first back, but not the second. */
  modified: string;
}

type Entries = Record<string, [size: string, modified: string, facts: ImageFacts]>;

/**
 * The facts of a data set's files from earlier checks, one JSON file per data set in a folder of the user's cache. It
 * saves time and nothing else: what is missing, broken or of another version counts as empty, and a folder that cannot
 * be written leaves the next check as slow as this one.
 */
export class VerdictCache {
  readonly #path: string;
  readonly #folder: string;
  readonly #terms: string;
  #entries: Entries = Object.create(null);

  /**
   * @param folder where the files lie
   * @param dataSet what tells one data set from another
   * @param terms what the verdicts depend on besides the files: limits and program version
   */
  constructor(folder: string, dataSet: string, terms: unknown) {
    this.#folder = folder;
    this.#path = join(folder, `${createHash('sha256').update(dataSet).digest('hex').slice(0, 32)}.json`);
    this.#terms = JSON.stringify([CACHE_VERSION, terms]);
  }

  async read(): Promise<void> {
    try {
      const { terms, entries } = JSON.parse(await readFile(this.#path, 'utf8'));
      if (terms === this.#terms) this.#entries = Object.assign(Object.create(null), entries);
    } catch {
      // Not there, or cut off by a full disk: the files are inspected again.
    }
  }

  /** The facts of a file that is as it was; null otherwise. */
  get(path: string, stamp: FileStamp): ImageFacts | null {
    const entry = this.#entries[path];
    if (!Array.isArray(entry) || entry[0] !== stamp.size || entry[1] !== stamp.modified) return null;
    const [, , facts] = entry;
    return typeof facts?.verdict === 'string' && typeof facts.sha256 === 'string' ? facts : null;
  }

  /** Replaces the data set's file by these facts. What the system refused to read is not kept: that may pass. */
  async write(facts: ReadonlyMap<string, { stamp: FileStamp; facts: ImageFacts }>): Promise<void> {
    const entries: Entries = {};
    for (const [path, { stamp, facts: known }] of facts) {
      if (known.code !== 'IMAGE_READ') entries[path] = [stamp.size, stamp.modified, known];
    }
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFileWhole(this.#path, JSON.stringify({ terms: this.#terms, entries }), false);
      await this.#dropOldest();
    } catch {
      // The next check is as slow as this one.
    }
  }

  async #dropOldest(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
    if (names.length <= KEPT_FILES) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        return { path, time: (await stat(path)).mtimeMs };
      }),
    );
    files.sort((left, right) => right.time - left.time);
    for (const { path } of files.slice(KEPT_FILES)) await rm(path, { force: true });
  }
}

/** A file's stamp; null for a file that the system does not show. */
export async function stampOf(path: string): Promise<FileStamp | null> {
  try {
    const { size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return { size: String(size), modified: `${mtimeNs} ${ctimeNs}` };
  } catch {
    // Inspecting it says why.
    return null;
  }
}
