import { randomUUID } from 'node:crypto';
import type { ResolvedConfig } from '../config/types';
import { TorchwingError } from '../native/errors';
import { onNativeWarning } from '../native/load';
import type { NativeWarning } from '../native/warnings';
import { saveTorchCheckpoint } from '../optim/torch-checkpoint';
import { beginFolder, describeStart } from './begin-run';
import { CheckpointWriter } from './checkpoint-writer';
import { type EventContent, EventDelivery } from './event-delivery';
import { fitLoop, type RunOutput, type RunParts } from './fit-loop';
import type { KeptWeights } from './kept-weights';
import { type Job, type PrepareListeners, prepare } from './prepare';
import { openCheckpoint, type Resumed, resumesIn } from './resume';
import { Rollback } from './rollback';
import { type HeldPolicy, RunFolder } from './run-folder';
import { RunState } from './run-state';
import { StopControl } from './stop-control';
import type { FitOptions, FitResult } from './types';
import { describeWeights, WeightFiles } from './weight-files';

type Warning = Extract<EventContent, { type: 'warning' }>;

/** One call of `fit()`, from the empty hand to the result. */
export class FitRun {
  readonly #config: ResolvedConfig;
  readonly #resume: FitOptions['resume'];
  readonly #control: StopControl;
  readonly #events: EventDelivery;
  readonly #listeners: PrepareListeners;
  readonly #started = performance.now();
  #run = new RunState();
  #job: Job | null = null;
  #checkpoints: CheckpointWriter | null = null;

  constructor(config: ResolvedConfig, options: FitOptions) {
    this.#config = config;
    this.#resume = options.resume;
    this.#control = new StopControl(options.signal);
    this.#listeners = options;
    this.#events = new EventDelivery(randomUUID(), options, this.#control);
  }

  /** Ends the run within one step; `execute` then rejects with `reason`. */
  stop(reason: unknown): void {
    this.#control.fail(reason);
  }

  /** A checkpoint after the current step; null for a run without a folder and for one that does not train. */
  checkpoint(): Promise<string | null> {
    return this.#checkpoints?.request() ?? Promise.resolve(null);
  }

  /** The best weights so far; null before training began and after it ended. */
  async best(): Promise<KeptWeights | null> {
    const job = this.#job;
    if (job === null) return null;
    // The origin is read first: while the snapshot is fetched the next epoch may become the best.
    const best = this.#run.best.value;
    const origin =
      best === null
        ? { epoch: null, metrics: null }
        : { epoch: best.epoch, metrics: { accuracy: best.accuracy, loss: best.loss } };
    const state = await job.session.bestState();
    return state === null ? null : { state, record: describeWeights(job, origin) };
  }

  /** Trainer.saveTorchCheckpoint; false when nothing trains. */
  async saveTorchCheckpoint(path: string): Promise<boolean> {
    const job = this.#job;
    if (job === null) return false;
    const { optimizer, scheduler } = job;
    const record = describeWeights(job, this.#run.latest());
    await saveTorchCheckpoint(path, { optimizer, ...(scheduler === null ? {} : { scheduler }), record });
    return true;
  }

  /** @param keep takes the best weights, whichever way a run that began to train ends */
  async execute(keep: (weights: KeptWeights) => void): Promise<FitResult> {
    const warnings = new Warnings(this.#events);
    const warn = (warning: NativeWarning) => warnings.add({ type: 'warning', ...warning });
    const stopListening = onNativeWarning(warn);
    let folder: RunFolder | null = null;
    let resumed: Resumed | null = null;
    // From here on, since what comes before training may wait for a disk or a server, too.
    const limit = this.#startClock();
    try {
      this.#control.throwIfStopped();
      const { output, overwrite } = this.#config;
      if (output !== null) folder = await RunFolder.open(output, this.#heldPolicy(output, overwrite));
      if (this.#resume !== undefined) {
        resumed = await openCheckpoint(this.#resume, folder, warn);
        if (resumed === null) await folder?.requireRepeatable(this.#config, warn);
        else this.#run = new RunState(resumed.record);
      }
      const job = await prepare(this.#config, warn, this.#control, this.#listeners, resumed);
      let failed = true;
      try {
        const result = await this.#train(job, folder, resumed, warnings);
        failed = false;
        return result;
      } finally {
        await this.#finish(job, keep, failed);
      }
    } catch (error) {
      if (!this.#control.stopped) throw error;
      if (this.#control.timedOut) return this.#result(resumed?.record.data.classes ?? [], 'timeLimit');
      if (this.#control.aborted && warnings.flowing) await this.#reportAbort();
      throw this.#control.reason;
    } finally {
      clearTimeout(limit);
      stopListening();
      this.#control.release();
      resumed?.state.dispose();
      await folder?.close();
    }
  }

  #heldPolicy(output: string, overwrite: boolean): HeldPolicy {
    if (overwrite) return 'overwrite';
    return this.#resume !== undefined && resumesIn(this.#resume, output) ? 'resume' : 'refuse';
  }

  async #train(
    job: Job,
    folder: RunFolder | null,
    resumed: Resumed | null,
    warnings: Warnings,
  ): Promise<FitResult> {
    if (resumed === null) {
      // The tutorial keeps the weights from before the first epoch, for a run that never gets better.
      await job.session.snapshotBest();
    } else {
      this.#events.continueRun(resumed.record.runId);
    }
    this.#control.throwIfStopped();
    this.#job = job;
    if (folder !== null) {
      await beginFolder(folder, job, resumed, (warning) => warnings.add({ type: 'warning', ...warning }));
      this.#events.logTo((event) => folder.append(event));
    }
    const output = folder === null ? null : this.#openOutput(job, folder, resumed);
    const parts: RunParts = { job, run: this.#run, events: this.#events, control: this.#control, output };
    const rollback = new Rollback({ ...parts, resumed });
    try {
      await this.#events.emit({ type: 'start', ...describeStart(job, resumed) });
      warnings.flow();
      const { best } = this.#run;
      if (resumed !== null && best.value !== null) await output?.weights.restoreBest(best.value);
      await fitLoop({ ...parts, rollback });
      await this.#checkpoints?.close();
    } catch (error) {
      if (this.#control.aborted || this.#control.timedOut) await this.#checkpoints?.now();
      if (!this.#control.timedOut) throw error;
      return await this.#endByTime(job);
    } finally {
      rollback.dispose();
      await this.#checkpoints?.close();
      this.#checkpoints = null;
    }
    const last = this.#run.history.at(-1);
    if (last === undefined) throw new TorchwingError('NATIVE', 'The run ended without an epoch.');
    const result = this.#result(job.data.classes, 'completed');
    await this.#events.emit(endOf(result));
    return result;
  }

  #openOutput(job: Job, folder: RunFolder, resumed: Resumed | null): RunOutput {
    const weights = new WeightFiles(job, folder, this.#events);
    const earlier = resumed?.inPlace === true ? resumed.earlier : [];
    this.#checkpoints = new CheckpointWriter(job, folder, this.#run, this.#events, earlier);
    return { folder, weights, checkpoints: this.#checkpoints };
  }

  #startClock(): NodeJS.Timeout | undefined {
    const { timeLimit } = this.#config;
    if (timeLimit === null) return undefined;
    return setTimeout(() => this.#control.timeOut(), timeLimit * 1000).unref();
  }

  async #endByTime(job: Job): Promise<FitResult> {
    const result = this.#result(job.data.classes, 'timeLimit');
    await this.#events.emitStopped(endOf(result));
    return result;
  }

  #result(classes: readonly string[], stopped: FitResult['stopped']): FitResult {
    const { best, history } = this.#run;
    return {
      best: best.value,
      last: history.at(-1) ?? null,
      history: [...history],
      classes: [...classes],
      stopped,
      seconds: this.#seconds(),
    };
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
    const end = endOf({ stopped: 'aborted', best: this.#run.best.value, seconds: this.#seconds() });
    // fit() rejects with the signal's reason, whatever a callback thinks of it.
    await this.#events.emitStopped(end).catch(() => undefined);
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

function endOf({ stopped, best, seconds }: Pick<FitResult, 'stopped' | 'best' | 'seconds'>) {
  return { type: 'end', stopped, best, seconds } as const;
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
