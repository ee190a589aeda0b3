import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateDict } from '../model/state-dict';
import { TorchwingError } from '../native/errors';
import { checkpointName, checkpointsBehind, removeCheckpoints } from './checkpoint-names';
import { type CheckpointRecord, describeCheckpoint } from './checkpoint-record';
import type { EventDelivery } from './event-delivery';
import { KeptCheckpoints } from './kept-checkpoints';
import type { Job } from './prepare';
import type { RunFolder } from './run-folder';
import type { RunState } from './run-state';
import { serializeRecord } from './serialize-event';
import type { PhasePosition } from './training-session';

const NOT_WRITTEN = 'A checkpoint could not be written, and training went on';
const NOT_SURE = 'A checkpoint was written, but a power cut may take it away';
const NOT_REMOVED = 'An old checkpoint could not be removed, and training went on';

/** A checkpoint that is in no file. */
export interface HeldCheckpoint {
  state: StateDict;
  record: CheckpointRecord;
}

/**
 * Writes a run's checkpoints, one after the other, while training goes on. One that cannot be written is a warning: the
 * run is worth more than its checkpoint.
 */
export class CheckpointWriter {
  readonly #job: Job;
  readonly #folder: RunFolder;
  readonly #run: RunState;
  readonly #events: EventDelivery;
  readonly #kept: KeptCheckpoints;
  readonly #timer: NodeJS.Timeout | null;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting: ((path: string | null) => void)[] = [];
  /** What the pinned one should have held, when its file could not be written. */
  #unwritten: HeldCheckpoint | null = null;
  /** Of the newest that was begun; null when it could not be written. */
  #latest: string | null;

  /** @param kept names of the run's checkpoints so far, the newest last */
  constructor(job: Job, folder: RunFolder, run: RunState, events: EventDelivery, kept: readonly string[]) {
    this.#job = job;
    this.#folder = folder;
    this.#run = run;
    this.#events = events;
    const { everySeconds, keepLast } = job.config.checkpoint;
    this.#kept = new KeptCheckpoints(folder.path, keepLast, kept);
    this.#latest = kept.at(-1) ?? null;
    this.#timer =
      everySeconds > 0 ? setInterval(() => job.session.requestSnapshot(), everySeconds * 1000).unref() : null;
  }

  /** Asks for one after the current step. Gives its path; null when it failed, or the run ended before it was taken. */
  request(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#job.session.requestSnapshot();
    });
  }

  /** Takes over the state of a running phase as it was at `place`; settles when it is on the disk. */
  take(place: PhasePosition, state: StateDict): Promise<void> {
    const { epoch, phase, step, microBatch: ofPhase, ...counts } = place;
    const position = { ...this.#run.position, epoch, phase, step, counts };
    const microBatch = { ...this.#run.microBatch, [phase]: ofPhase };
    // Described at once: by the time it is written the run has gone on.
    const record = this.#describe({ position, microBatch });
    return this.#write(record, async () => state).then(() => undefined);
  }

  /** One of the run as it is between two phases; gives its path, null when it failed. Settles when it is on the disk. */
  async now(): Promise<string | null> {
    // At most one state waits for the disk.
    await this.#tail;
    return this.#write(this.#describe(this.#run), () => this.#job.session.state());
  }

  /** The same without waiting for the disk, once the one before is there. */
  async begin(): Promise<void> {
    await this.#tail;
    const record = this.#describe(this.#run);
    const state = await this.#job.session.state();
    void this.#write(record, async () => state);
  }

  /** Keeps the one of the run as it is now until the next call; begins it where there is none. */
  async pin(): Promise<void> {
    const name = checkpointName(this.#run.position);
    if (this.#kept.pinned !== name) this.#hold(null);
    // Before it is written: when that fails, this decides whether its state is held.
    this.#kept.pinned = name;
    if (this.#latest !== name) await this.begin();
  }

  /** The pinned one while it is in no file. Stays this object's to dispose. */
  get unwritten(): HeldCheckpoint | null {
    return this.#unwritten;
  }

  /** For a run that was taken back: removes those from behind that place, and begins one of it as it is now. */
  async restart(): Promise<void> {
    await this.#tail;
    const abandoned = await checkpointsBehind(this.#folder.path, checkpointName(this.#run.position));
    await removeCheckpoints(this.#folder.path, abandoned);
    for (const name of abandoned) this.#kept.forget(name);
    await this.begin();
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Waits for what is being written; nothing is taken any more. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#tail;
    this.#answer(null);
    this.#hold(null);
  }

  #describe(place: Pick<RunState, 'position' | 'microBatch'>): CheckpointRecord {
    return describeCheckpoint(this.#job, this.#events.runId, this.#run, place);
  }

  #write(record: CheckpointRecord, take: () => Promise<StateDict>): Promise<string | null> {
    const { position } = record;
    const text = serializeRecord(record);
    const name = checkpointName(position);
    const path = join(this.#folder.path, name);
    this.#latest = name;
    const written = this.#tail.then(async () => {
      const before = await inodeOf(path);
      let state: StateDict | null = null;
      try {
        state = await take();
        // A checkpoint's offset into the metrics must never be ahead of what a power cut leaves of them.
        await this.#folder.syncMetrics();
        await state.saveCheckpoint(path, text);
      } catch (error) {
        // The last thing that can fail is to bring the folder to the disk: the file has its name by then.
        const inode = await inodeOf(path);
        const there = inode !== null && inode !== before;
        this.#warn('CHECKPOINT_NOT_WRITTEN', there ? NOT_SURE : NOT_WRITTEN, error);
        if (there) await this.#keep(name, { sure: false });
        else if (this.#latest === name) this.#latest = null;
        if (!there && name === this.#kept.pinned && state !== null) this.#hold({ state, record });
        else state?.dispose();
        this.#answer(null);
        return null;
      }
      state.dispose();
      if (name === this.#kept.pinned) this.#hold(null);
      await this.#keep(name, { sure: true });
      this.#events.post({ type: 'checkpoint', epoch: position.epoch, path, kind: 'resume' });
      this.#answer(path);
      return path;
    });
    this.#tail = written;
    return written;
  }

  async #keep(name: string, how: { sure: boolean }): Promise<void> {
    try {
      await this.#kept.add(name, how);
    } catch (error) {
      this.#warn('CHECKPOINT_NOT_REMOVED', NOT_REMOVED, error);
    }
  }

  #warn(code: string, what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = error instanceof TorchwingError ? error.hint : undefined;
    const message = `${what}: ${reason}`;
    this.#events.post({ type: 'warning', code, message, ...(hint === undefined ? {} : { hint }) });
  }

  #hold(held: HeldCheckpoint | null): void {
    this.#unwritten?.state.dispose();
    this.#unwritten = held;
  }

  #answer(path: string | null): void {
    for (const resolve of this.#waiting.splice(0)) resolve(path);
  }
}

/** Tells a file from another one of the same name; null where there is none. */
async function inodeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ ino }) => ino,
    () => null,
  );
}
