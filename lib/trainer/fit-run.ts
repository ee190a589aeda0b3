import { randomUUID } from 'node:crypto';
import type { ResolvedConfig } from '../config/types';
import { TorchwingError } from '../native/errors';
import { onNativeWarning } from '../native/load';
import { BestEpoch } from './best-epoch';
import { Checkpoints, describeWeights } from './checkpoints';
import { type EventContent, EventDelivery } from './event-delivery';
import { fitLoop } from './fit-loop';
import type { KeptWeights } from './kept-weights';
import { type Job, type PrepareListeners, prepare } from './prepare';
import { RunFolder } from './run-folder';
import { StopControl } from './stop-control';
import type { FitOptions, FitResult } from './types';

type Warning = Extract<EventContent, { type: 'warning' }>;

/** One call of `fit()`, from the empty hand to the result. */
export class FitRun {
  readonly #config: ResolvedConfig;
  readonly #control: StopControl;
  readonly #events: EventDelivery;
  readonly #listeners: PrepareListeners;
  readonly #best = new BestEpoch();
  readonly #started = performance.now();
  #job: Job | null = null;

  constructor(config: ResolvedConfig, options: FitOptions) {
    this.#config = config;
    this.#control = new StopControl(options.signal);
    this.#listeners = options;
    this.#events = new EventDelivery(randomUUID(), options, this.#control);
  }

  /** Ends the run within one step; `execute` then rejects with `reason`. */
  stop(reason: unknown): void {
    this.#control.fail(reason);
  }

  /** The best weights so far; null before training began and after it ended. */
  async best(): Promise<KeptWeights | null> {
    const job = this.#job;
    if (job === null) return null;
    // The origin is read first: while the snapshot is fetched the next epoch may become the best.
    const best = this.#best.value;
    const origin =
      best === null
        ? { epoch: null, metrics: null }
        : { epoch: best.epoch, metrics: { accuracy: best.accuracy, loss: best.loss } };
    const state = await job.session.bestState();
    return state === null ? null : { state, record: describeWeights(job, origin) };
  }

  /** @param keep takes the best weights, whichever way a run that began to train ends */
  async execute(keep: (weights: KeptWeights) => void): Promise<FitResult> {
    const warnings = new Warnings(this.#events);
    const stopListening = onNativeWarning((warning) => warnings.add({ type: 'warning', ...warning }));
    let folder: RunFolder | null = null;
    try {
      this.#control.throwIfStopped();
      if (this.#config.output !== null)
        folder = await RunFolder.open(this.#config.output, this.#config.overwrite);
      const job = await prepare(
        this.#config,
        (warning) => warnings.add({ type: 'warning', ...warning }),
        this.#control,
        this.#listeners,
      );
      let failed = true;
      try {
        const result = await this.#train(job, folder, warnings);
        failed = false;
        return result;
      } finally {
        await this.#finish(job, keep, failed);
      }
    } catch (error) {
      if (!this.#control.stopped) throw error;
      if (this.#control.aborted && warnings.flowing) await this.#reportAbort();
      throw this.#control.reason;
    } finally {
      stopListening();
      this.#control.release();
      await folder?.close();
    }
  }

  async #train(job: Job, folder: RunFolder | null, warnings: Warnings): Promise<FitResult> {
    const { config, data, versions, session } = job;
    // The tutorial keeps the weights from before the first epoch, for a run that never gets better.
    await session.snapshotBest();
    this.#control.throwIfStopped();
    this.#job = job;
    await folder?.begin(config);
    if (folder !== null) this.#events.logTo((event) => folder.append(event));
    await this.#events.emit({
      type: 'start',
      config,
      classes: data.classes,
      counts: { train: data.train.images.length, val: data.val.images.length },
      device: config.device,
      threads: config.threads,
      workers: config.data.workers,
      versions: {
        torchwing: versions.addon,
        libtorch: versions.libtorch,
        node: process.versions.node,
        cpuCapability: versions.cpuCapability,
      },
    });
    warnings.flow();
    const checkpoints = folder === null ? null : new Checkpoints(job, folder, this.#events);
    const history = await fitLoop(job, this.#best, this.#events, this.#control, checkpoints);
    const last = history.at(-1);
    if (last === undefined) throw new TorchwingError('NATIVE', 'The run ended without an epoch.');
    const seconds = this.#seconds();
    const best = this.#best.value;
    await this.#events.emit({ type: 'end', stopped: 'completed', best, seconds });
    return { best, last, history, classes: [...data.classes], stopped: 'completed', seconds };
  }

  /** Keeps the best weights and frees everything else. */
  async #finish(job: Job, keep: (weights: KeptWeights) => void, failed: boolean): Promise<void> {
    try {
      const weights = await this.best();
      if (weights !== null) keep(weights);
    } catch (error) {
      // After a failure that one is what fit() rejects with, not what followed from it.
      if (!failed) throw error;
    } finally {
      this.#job = null;
      job.dispose();
    }
  }

  async #reportAbort(): Promise<void> {
    const end = {
      type: 'end',
      stopped: 'aborted',
      best: this.#best.value,
      seconds: this.#seconds(),
    } as const;
    // fit() rejects with the signal's reason, whatever a callback thinks of it.
    await this.#events.emitAborted(end).catch(() => undefined);
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

/** Holds warnings back until the start event is out. */
class Warnings {
  readonly #events: EventDelivery;
  #waiting: Warning[] | null = [];

  constructor(events: EventDelivery) {
    this.#events = events;
  }

  /** Whether the start event is out. */
  get flowing(): boolean {
    return this.#waiting === null;
  }

  add(warning: Warning): void {
    if (this.#waiting === null) this.#events.post(warning);
    else this.#waiting.push(warning);
  }

  flow(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const warning of waiting) this.#events.post(warning);
  }
}
