import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';

/** What is known of the version that a partial file belongs to. */
interface Version {
  url: string;
  /** A strong ETag or a Last-Modified date, for If-Range; null when the server gave neither. */
  validator: string | null;
  /** Bytes of the whole file; null when the server did not say. */
  total: number | null;
}

/**
 * The beginning of a file that is being downloaded: `<path>.part`, and beside it what version it is of. It outlives an
 * attempt and a process; whoever opens it holds the download's lock.
 */
export class PartialFile {
  #version: Version;
  #size: number;
  #pieces = 0;
  readonly #file: FileHandle;

  private constructor(
    readonly path: string,
    file: FileHandle,
    version: Version,
    size: number,
  ) {
    this.#file = file;
    this.#version = version;
    this.#size = size;
    // Of how many pieces an earlier attempt made it is not known.
    if (size > 0) this.#pieces = 2;
  }

  /** Opens what an earlier attempt left of `url`, or begins anew. */
  static async open(path: string, url: string): Promise<PartialFile> {
    const version = await readVersion(path);
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const known = version?.url === url && (version.total === null || size <= version.total);
      const part = new PartialFile(path, file, known ? version : { url, validator: null, total: null }, size);
      if (!known) await part.restart(null, null);
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  get total(): number | null {
    return this.#version.total;
  }

  get validator(): string | null {
    return this.#version.validator;
  }

  /** Whether it was put together from more than one response, which may have been of different files. */
  get joined(): boolean {
    return this.#pieces > 1;
  }

  /** Empties it for another version. */
  async restart(validator: string | null, total: number | null): Promise<void> {
    await this.#file.truncate(0);
    this.#size = 0;
    this.#pieces = 0;
    this.#version = { ...this.#version, validator, total };
    await writeFile(versionPath(this.path), JSON.stringify(this.#version));
  }

  /** A response begins to add to it. */
  beginPiece(): void {
    this.#pieces += 1;
  }

  async append(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.byteLength; ) {
      const { bytesWritten } = await this.#file.write(bytes, written);
      written += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  /** Brings it to the disk. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** @param keep leaves the files for the next attempt */
  async close(keep: boolean): Promise<void> {
    await this.#file.close();
    if (keep && this.#size > 0) return;
    await rm(versionPath(this.path), { force: true });
    await rm(this.path, { force: true });
  }
}

function versionPath(path: string): string {
  return `${path}.json`;
}

/** Null for one that is missing or broken: then the download begins anew. */
async function readVersion(path: string): Promise<Version | null> {
  try {
    const version: Partial<Version> = JSON.parse(await readFile(versionPath(path), 'utf8'));
    const { url, validator, total } = version;
    if (typeof url !== 'string') return null;
    return {
      url,
      validator: typeof validator === 'string' ? validator : null,
      total: typeof total === 'number' ? total : null,
    };
  } catch {
    return null;
  }
}
