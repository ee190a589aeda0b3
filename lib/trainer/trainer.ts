import { resolveConfig } from '../config/resolve';
import type { ResolvedConfig, TrainerConfig } from '../config/types';
import { guardReceivers, objectOf } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { makeDisposable } from '../native/handle';
import { checkFitOptions } from './check-fit-options';
import type { TrainerEvent } from './events';
import { FitRun } from './fit-run';
import { Handoff } from './handoff';
import type { KeptWeights } from './kept-weights';
import type { FitOptions, FitResult } from './types';

/** What `fit()` is stopped with when the receiver of `stream()` leaves; it reaches nobody. */
const LEFT = Symbol('left the stream');

/**
 * Trains a ResNet on photos. It prints nothing, installs no signal handler and writes no file but those of `output`.
 * @throws TorchwingError INVALID_CONFIG, before anything native is touched
 */
export class Trainer {
  /** `using`; defined by makeDisposable. */
  declare [Symbol.dispose]: () => void;
  /** `await using`; defined by makeDisposable. */
  declare [Symbol.asyncDispose]: () => Promise<void>;
  /** The configuration with every default filled in; itself a valid configuration. */
  readonly config: ResolvedConfig;
  #run: FitRun | null = null;
  #kept: KeptWeights | null = null;
  #disposed = false;

  /** Whether an object has the private fields of this class. For use inside lib/ only. */
  static holds(value: object): boolean {
    return #disposed in value;
  }

  /** @param options.baseDir folder that relative paths start from; default: the working directory */
  constructor(config: TrainerConfig, options: { baseDir?: string } = {}) {
    this.config = resolveConfig(config, options);
  }

  /**
   * Trains from the start, or on from `resume`. Callbacks are awaited, in order; what one throws stops training and is what this rejects
   * with. An aborted signal stops training within one step and rejects with `signal.reason`. After either, `save()`
   * has the best weights so far, and `fit()` can be called again.
   * @throws TorchwingError TRAINER_BUSY while another fit of this trainer runs; DATASET_*, IMAGE_*, WEIGHTS_*,
   *   CHECKPOINT_*, RESUME_MISMATCH, OUTPUT_*, LAST_BATCH_OF_ONE, LOSS_NOT_FINITE, CUDA_UNAVAILABLE, THREADS_CONFLICT and what loading LibTorch throws
   */
  async fit(options: FitOptions = {}): Promise<FitResult> {
    return this.#begin(options).result;
  }

  /**
   * `fit()` as a sequence of its events; training waits while the loop's body runs, except for `progress`, of which only the
   * latest is kept. Leaving the loop stops training within one step. The generator's return value is the result.
   */
  async *stream(
    options: Pick<FitOptions, 'signal' | 'resume'> = {},
  ): AsyncGenerator<TrainerEvent, FitResult, void> {
    const events = new Handoff<TrainerEvent>();
    const { run, result } = this.#begin({ ...objectOf(options), onEvent: (event) => events.give(event) });
    const close = () => events.close();
    void result.then(close, close);
    try {
      for (let next = await events.take(); next !== null; next = await events.take()) yield next.value;
      return await result;
    } finally {
      run.stop(LEFT);
      events.abandon();
      await result.catch((error: unknown) => {
        // Leaving hides no failure; when the loop's body threw, JavaScript lets that one win.
        if (error !== LEFT) throw error;
      });
    }
  }

  /**
   * Writes the best weights so far as a self-contained `.pth`, or as safetensors when the path ends in
   * `.safetensors`, during a fit or after it. Atomic.
   * @throws TorchwingError INVALID_ARGUMENT before the first fit began to train; OUTPUT_WRITE
   */
  async save(path: string): Promise<void> {
    this.#requireUsable();
    const running = (await this.#run?.best()) ?? null;
    const weights = running ?? this.#kept;
    if (weights === null) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        'There is nothing to save: fit() has not begun to train yet.',
      );
    }
    try {
      await weights.state.save(path, weights.record);
    } finally {
      running?.state.dispose();
    }
  }

  /**
   * Writes a checkpoint into the folder `output` after the current step, and goes on training.
   * @returns its path; null when no fit with a folder is training, or when it could not be written
   */
  async checkpoint(): Promise<string | null> {
    this.#requireUsable();
    return (await this.#run?.checkpoint()) ?? null;
  }

  /**
   * Writes the training as it stands, between two steps, to go on in Python: model, optimizer and schedule, see
   * `saveTorchCheckpoint`. During a fit, best from its callbacks: at the end of an epoch the schedule has been stepped.
   * @throws TorchwingError INVALID_ARGUMENT when no fit is training; OUTPUT_WRITE
   */
  async saveTorchCheckpoint(path: string): Promise<void> {
    this.#requireUsable();
    if ((await this.#run?.saveTorchCheckpoint(path)) === true) return;
    throw new TorchwingError(
      'INVALID_ARGUMENT',
      'There is no training to save: fit() is not running, or has not begun to train yet.',
      { hint: 'Call saveTorchCheckpoint() from a callback of fit(), for example onEpochEnd.' },
    );
  }

  /** Stops a running fit, which rejects with DISPOSED, and frees the weights. */
  dispose(): void {
    this.#disposed = true;
    this.#run?.stop(new TorchwingError('DISPOSED', 'The Trainer was disposed while it trained.'));
    this.#kept?.state.dispose();
    this.#kept = null;
  }

  #begin(options: FitOptions): { run: FitRun; result: Promise<FitResult> } {
    this.#requireUsable();
    checkFitOptions(options);
    if (this.#run !== null) {
      throw new TorchwingError(
        'TRAINER_BUSY',
        'This Trainer is training already, expected one fit() at a time.',
        {
          hint: 'Await the running fit(), abort it by its signal, or make another Trainer.',
        },
      );
    }
    const run = new FitRun(this.config, options);
    this.#run = run;
    const result = run
      .execute((weights) => this.#keep(weights))
      .finally(() => {
        this.#run = null;
      });
    return { run, result };
  }

  #requireUsable(): void {
    if (this.#disposed)
      throw new TorchwingError('DISPOSED', 'This Trainer was disposed and cannot be used again.');
  }

  #keep(weights: KeptWeights): void {
    this.#kept?.state.dispose();
    this.#kept = null;
    if (this.#disposed) weights.state.dispose();
    else this.#kept = weights;
  }
}

makeDisposable(Trainer.prototype);
guardReceivers(Trainer);
