import { type FileHandle, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/types';
import { writeFileAtomic } from '../files/atomic-file';
import { takeLock } from '../files/folder-lock';
import { TorchwingError } from '../native/errors';
import type { TrainerEvent } from './events';
import { serializeEvent } from './serialize-event';

const LOCK = 'run.lock';
/** What makes a folder one that holds a run; `overwrite` removes these and nothing else. */
const RUN_FILES = ['config.json', 'metrics.jsonl', 'best.pth', 'last.pth'];

/** The folder of one run: `config.json`, `metrics.jsonl`, `best.pth`, `last.pth`, and a lock while it is written. */
export class RunFolder {
  readonly path: string;
  readonly #unlock: () => Promise<void>;
  readonly #created: boolean;
  #metrics: FileHandle | null = null;

  private constructor(path: string, unlock: () => Promise<void>, created: boolean) {
    this.path = path;
    this.#unlock = unlock;
    this.#created = created;
  }

  /**
   * Takes the folder, making it where it is missing; a run that it holds already stays untouched until `begin`.
   * @throws TorchwingError OUTPUT_EXISTS, OUTPUT_BUSY or OUTPUT_WRITE
   */
  static async open(path: string, overwrite: boolean): Promise<RunFolder> {
    const created = (await writing(path, () => mkdir(path, { recursive: true }))) !== undefined;
    const unlock = await writing(path, () => takeLock(join(path, LOCK), path));
    const folder = new RunFolder(path, unlock, created);
    try {
      const present = await writing(path, () => readdir(path));
      const held = RUN_FILES.filter((name) => present.includes(name));
      if (held.length > 0 && !overwrite) {
        throw new TorchwingError(
          'OUTPUT_EXISTS',
          `The output folder "${path}" holds a run already (${held.join(', ')}).`,
          {
            hint: 'Choose another folder, or set overwrite (--overwrite) to replace that run.',
          },
        );
      }
      return folder;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** Removes the run that is replaced, writes `config.json` and starts `metrics.jsonl`. */
  async begin(config: ResolvedConfig): Promise<void> {
    await writing(this.path, async () => {
      for (const name of RUN_FILES) await rm(join(this.path, name), { force: true });
      await writeFileAtomic(
        join(this.path, 'config.json'),
        `${JSON.stringify(repeatable(config), null, 2)}\n`,
      );
      this.#metrics = await open(join(this.path, 'metrics.jsonl'), 'ax');
    });
  }

  /** Adds an event to `metrics.jsonl`. */
  async append(event: TrainerEvent): Promise<void> {
    await writing(this.path, async () => {
      await this.#metrics?.write(`${serializeEvent(event)}\n`);
    });
  }

  weightsPath(kind: 'best' | 'last'): string {
    return join(this.path, `${kind}.pth`);
  }

  /** Gives the folder back. One that was made for this run and holds nothing goes as well. */
  async close(): Promise<void> {
    await this.#metrics?.close();
    this.#metrics = null;
    await this.#unlock();
    if (!this.#created) return;
    await rmdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    });
  }
}

/** Where a run went is no part of what it does: the recorded configuration repeats it into any folder. */
function repeatable(config: ResolvedConfig): Omit<ResolvedConfig, 'output' | 'overwrite'> {
  const { output: _output, overwrite: _overwrite, ...rest } = config;
  return rest;
}

async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TorchwingError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new TorchwingError(
      'OUTPUT_WRITE',
      `The output folder "${path}" cannot be written: ${message ?? code}.`,
      {
        cause: error,
      },
    );
  }
}
