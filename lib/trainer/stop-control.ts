/** By the caller's signal, by the time limit, or by something that went wrong. */
type StopKind = 'aborted' | 'timeLimit' | 'failed';

/**
 * Why a run has to end early: the caller's signal, the time limit, or something that a callback threw. The first reason stays. Whoever
 * can stop work registers with `onStop`; whoever waits for something that may take long does so through `race`.
 */
export class StopControl {
  readonly #signal: AbortSignal | undefined;
  readonly #listeners = new Set<() => void>();
  #stop: { reason: unknown; kind: StopKind } | null = null;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get stopped(): boolean {
    return this.#stop !== null;
  }

  /** Whether the caller's signal was the reason. */
  get aborted(): boolean {
    return this.#stop?.kind === 'aborted';
  }

  /** Whether the time limit was the reason. */
  get timedOut(): boolean {
    return this.#stop?.kind === 'timeLimit';
  }

  /** What `fit()` rejects with. */
  get reason(): unknown {
    return this.#stop?.reason;
  }

  fail(reason: unknown): void {
    this.#end({ reason, kind: 'failed' });
  }

  /** The run's time is over. */
  timeOut(): void {
    this.#end({ reason: new Error('The time limit was reached.'), kind: 'timeLimit' });
  }

  throwIfStopped(): void {
    if (this.#stop !== null) throw this.#stop.reason;
  }

  /** Calls `listener` once when the run has to end, at once if it has to already. Returns what takes it back. */
  onStop(listener: () => void): () => void {
    if (this.stopped) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What `work` gives, or a rejection with the reason as soon as there is one; `work` itself goes on unheard. */
  async race<Result>(work: Promise<Result>): Promise<Result> {
    let forget = () => {};
    const stopped = new Promise<never>((_, reject) => {
      forget = this.onStop(() => reject(this.reason));
    });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      forget();
    }
  }

  /** What `work` gives; its signal is aborted with the reason as soon as there is one. */
  async abortable<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const forget = this.onStop(() => controller.abort(this.reason));
    try {
      return await work(controller.signal);
    } finally {
      forget();
    }
  }

  /** Takes the listener off the caller's signal, which may live much longer than the run. */
  release(): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#listeners.clear();
  }

  readonly #abort = (): void => this.#end({ reason: this.#signal?.reason, kind: 'aborted' });

  #end(stop: { reason: unknown; kind: StopKind }): void {
    if (this.#stop !== null) return;
    this.#stop = stop;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}
