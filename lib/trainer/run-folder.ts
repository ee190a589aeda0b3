import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/types';
import { writeFileAtomic } from '../files/atomic-file';
import { takeLock } from '../files/folder-lock';
import { TorchwingError } from '../native/errors';
import type { NativeWarning } from '../native/warnings';
import { isCheckpointName } from './checkpoint-names';
import { configDifferences, differenceText } from './config-differences';
import type { TrainerEvent } from './events';
import { recordedConfig } from './recorded-config';
import { serializeEvent } from './serialize-event';

const LOCK = 'run.lock';
const CONFIG = 'config.json';
const METRICS = 'metrics.jsonl';
/** What makes a folder one that holds a run; `overwrite` removes these and nothing else. */
const RUN_FILES = [CONFIG, METRICS, 'best.pth', 'last.pth'];
/** What a process that was killed may leave behind of files that it was writing. */
const HALF_WRITTEN = /^(\.(best|last|checkpoint-[\w-]+)\.pth\.tmp-\d+-\d+|config\.json\.\d+\.tmp)$/;

/** How a run takes a folder that holds one already. */
export type HeldPolicy = 'refuse' | 'overwrite' | 'resume';

/**
 * The folder of one run: `config.json`, `metrics.jsonl`, `best.pth`, `last.pth`, checkpoints, and a lock while it is
 * written.
 */
export class RunFolder {
  readonly path: string;
  readonly #unlock: () => Promise<void>;
  readonly #created: boolean;
  #metrics: FileHandle | null = null;
  #metricsBytes = 0;

  private constructor(path: string, unlock: () => Promise<void>, created: boolean) {
    this.path = path;
    this.#unlock = unlock;
    this.#created = created;
  }

  /**
   * Takes the folder, making it where it is missing; a run that it holds already stays untouched until `begin`.
   * @throws TorchwingError OUTPUT_EXISTS, OUTPUT_BUSY or OUTPUT_WRITE
   */
  static async open(path: string, policy: HeldPolicy): Promise<RunFolder> {
    const created = (await writing(path, () => mkdir(path, { recursive: true }))) !== undefined;
    const unlock = await writing(path, () => takeLock(join(path, LOCK), path));
    const folder = new RunFolder(path, unlock, created);
    try {
      const present = await writing(path, () => readdir(path));
      for (const name of present.filter((name) => HALF_WRITTEN.test(name)))
        await writing(path, () => rm(join(path, name), { force: true }));
      const held = present.filter(isRunFile).sort();
      if (held.length > 0 && policy === 'refuse') {
        throw new TorchwingError(
          'OUTPUT_EXISTS',
          `The output folder "${path}" holds a run already (${held.join(', ')}).`,
          {
            hint: 'Choose another folder, go on with that run (--resume auto), or set overwrite (--overwrite) to replace it.',
          },
        );
      }
      return folder;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /**
   * For a run that was to go on but has no checkpoint yet: it may begin again in its folder, unless it came to its end or
   * was another one.
   * @throws TorchwingError OUTPUT_EXISTS or RESUME_MISMATCH
   */
  async requireRepeatable(config: ResolvedConfig, warn: (warning: NativeWarning) => void): Promise<void> {
    const held = (await writing(this.path, () => readdir(this.path))).filter(isRunFile);
    if (held.length === 0 || config.overwrite) return;
    if (await this.#completed()) {
      throw new TorchwingError(
        'OUTPUT_EXISTS',
        `The output folder "${this.path}" holds a run that came to its end, and no checkpoint to go on from.`,
        { hint: 'Choose another folder, or set overwrite (--overwrite) to replace that run.' },
      );
    }
    const differences = configDifferences(await this.#recorded(), recordedConfig(config)).filter(
      ({ now }) => now !== 'auto',
    );
    if (differences.length > 0) {
      throw new TorchwingError(
        'RESUME_MISMATCH',
        `The run in "${this.path}" has no checkpoint, and it was another one: ${differences.map(differenceText).join('; ')}.`,
        { hint: 'Choose another folder, or set overwrite (--overwrite) to replace that run.' },
      );
    }
    warn({
      code: 'CHECKPOINT_NONE',
      message: `The run in "${this.path}" has no checkpoint yet, so it begins again.`,
    });
  }

  /** Removes the run that is replaced, writes `config.json` and starts `metrics.jsonl`. */
  async begin(config: ResolvedConfig): Promise<void> {
    await writing(this.path, async () => {
      for (const name of (await readdir(this.path)).filter(isRunFile))
        await rm(join(this.path, name), { force: true });
      await this.#writeConfig(config);
      this.#metrics = await open(join(this.path, METRICS), 'ax');
      this.#metricsBytes = 0;
    });
  }

  /**
   * Goes on with the run that the folder holds: `metrics.jsonl` is cut back to its first `metricsBytes`.
   * @returns whether it had as many
   */
  async goOn(config: ResolvedConfig, metricsBytes: number): Promise<boolean> {
    return writing(this.path, async () => {
      await this.#writeConfig(config);
      this.#metrics = await open(join(this.path, METRICS), 'a');
      const { size } = await this.#metrics.stat();
      if (size > metricsBytes) await this.#metrics.truncate(metricsBytes);
      this.#metricsBytes = Math.min(size, metricsBytes);
      return size >= metricsBytes;
    });
  }

  /** Cuts `metrics.jsonl` back to its first `metricsBytes`, for a run that goes back. Between two `append`. */
  async cutBack(metricsBytes: number): Promise<void> {
    await writing(this.path, async () => this.#metrics?.truncate(metricsBytes));
    this.#metricsBytes = metricsBytes;
  }

  /** Adds an event to `metrics.jsonl`. */
  async append(event: TrainerEvent): Promise<void> {
    await writing(this.path, async () => {
      const line = Buffer.from(`${serializeEvent(event)}\n`, 'utf8');
      try {
        await this.#metrics?.writeFile(line);
      } catch (error) {
        // A full disk may have taken the beginning of the line.
        await this.#metrics?.truncate(this.#metricsBytes).catch(() => undefined);
        throw error;
      }
      this.#metricsBytes += line.byteLength;
    });
  }

  /** Bytes of `metrics.jsonl` so far. */
  get metricsBytes(): number {
    return this.#metricsBytes;
  }

  /** Brings `metrics.jsonl` to the disk. */
  async syncMetrics(): Promise<void> {
    await writing(this.path, async () => this.#metrics?.datasync());
  }

  holds(kind: 'best' | 'last'): boolean {
    return existsSync(this.weightsPath(kind));
  }

  weightsPath(kind: 'best' | 'last'): string {
    return join(this.path, `${kind}.pth`);
  }

  /** Whether the last event that was logged is that of a run that came to its end. */
  async #completed(): Promise<boolean> {
    const text = await readFile(join(this.path, METRICS), 'utf8').catch(() => '');
    return /"type":"end".*"stopped":"completed"[^\n]*\n?$/.test(text.trimEnd());
  }

  /** The configuration that the folder's run was begun with; empty where that cannot be read any more. */
  async #recorded(): Promise<object> {
    try {
      return JSON.parse(await readFile(join(this.path, CONFIG), 'utf8'));
    } catch {
      return {};
    }
  }

  async #writeConfig(config: ResolvedConfig): Promise<void> {
    const text = `${JSON.stringify(recordedConfig(config), null, 2)}\n`;
    await writeFileAtomic(join(this.path, CONFIG), text);
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

function isRunFile(name: string): boolean {
  return RUN_FILES.includes(name) || isCheckpointName(name);
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
