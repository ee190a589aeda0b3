import type { TrainerEvent } from './events';
import type { StopControl } from './stop-control';
import type { FitOptions } from './types';

/** Milliseconds that the callbacks of a stopped run's last event may take; from then on nobody waits for them. */
const LAST_WORD = 30_000;

type WithoutBase<Event> = Event extends TrainerEvent ? Omit<Event, 'v' | 'runId' | 'time'> : never;
/** An event before it is stamped with version, run and time. */
export type EventContent = WithoutBase<TrainerEvent>;
type Content<Type extends TrainerEvent['type']> = Extract<EventContent, { type: Type }>;

/**
 * Hands a run's events to the run's log and to the caller's callbacks, one at a time and in order, each awaited. What a callback
 * throws stops the run and becomes its outcome.
 */
export class EventDelivery {
  #runId: string;
  readonly #callbacks: FitOptions;
  readonly #control: StopControl;
  #log: (event: TrainerEvent) => Promise<void> = async () => {};
  #tail: Promise<unknown> = Promise.resolve();
  /** Deliveries that wait or whose callbacks have not come back. */
  #out = 0;
  #latestProgress: TrainerEvent | null = null;

  constructor(runId: string, callbacks: FitOptions, control: StopControl) {
    this.#runId = runId;
    this.#callbacks = callbacks;
    this.#control = control;
  }

  get runId(): string {
    return this.#runId;
  }

  /** Before the first event: this run goes on with the one of that id. */
  continueRun(runId: string): void {
    this.#runId = runId;
  }

  /** Every event but `progress` also goes to `log`, before the callbacks. */
  logTo(log: (event: TrainerEvent) => Promise<void>): void {
    this.#log = log;
  }

  /** Settles when the callbacks have, or rejects as soon as the run has to stop. */
  emit(content: EventContent): Promise<void> {
    return this.#control.race(this.#queue(() => this.#stamp(content)));
  }

  /** Settles when what was handed over so far is delivered, or rejects as soon as the run has to stop. */
  async settled(): Promise<void> {
    await this.#control.race(this.#tail);
  }

  /** For events that nobody waits for: what their callbacks throw stops the run. */
  post(content: Content<'warning' | 'checkpoint'>): void {
    const event = this.#stamp(content);
    this.#queue(() => event).catch((error: unknown) => this.#control.fail(error));
  }

  /** Delivers the latest progress when the callbacks are free; older progress that still waits is dropped. */
  offerProgress(content: Content<'progress'>): void {
    const waiting = this.#latestProgress !== null;
    this.#latestProgress = this.#stamp(content);
    if (waiting) return;
    const take = () => {
      const event = this.#latestProgress;
      this.#latestProgress = null;
      return event;
    };
    this.#queue(take).catch((error: unknown) => this.#control.fail(error));
  }

  /**
   * The last event of a run that was stopped, past callbacks that have not come back, and may never: then nobody waits for this
   * event's callbacks either, and never for long.
   */
  async emitStopped(content: Content<'end'>): Promise<void> {
    const event = this.#stamp(content);
    await this.#log(event);
    // Behind the log: what was queued and is not delivered to a stopped run has gone by then.
    const stuck = this.#out > 0;
    const told = this.#tell(event);
    let clock: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      clock = setTimeout(resolve, stuck ? 0 : LAST_WORD);
    });
    await Promise.race([told, late]).finally(() => clearTimeout(clock));
  }

  #stamp(content: EventContent): TrainerEvent {
    return { v: 1, runId: this.#runId, time: new Date().toISOString(), ...content } as TrainerEvent;
  }

  #queue(take: () => TrainerEvent | null): Promise<void> {
    this.#out += 1;
    const delivery = this.#tail
      .then(async () => {
        const event = take();
        if (event !== null && !this.#control.stopped) await this.#deliver(event);
      })
      .finally(() => {
        this.#out -= 1;
      });
    // A failure is the waiting caller's; the next event is not kept from being delivered by it.
    this.#tail = delivery.catch(() => undefined);
    return delivery;
  }

  async #deliver(event: TrainerEvent): Promise<void> {
    if (event.type !== 'progress') await this.#log(event);
    await this.#tell(event);
  }

  async #tell(event: TrainerEvent): Promise<void> {
    const { onEvent, onStart, onProgress, onPhaseEnd, onEpochEnd, onCheckpoint, onWarning, onEnd } =
      this.#callbacks;
    await onEvent?.(event);
    switch (event.type) {
      case 'start':
        return void (await onStart?.(event));
      case 'progress':
        return void (await onProgress?.(event));
      case 'phaseEnd':
        return void (await onPhaseEnd?.(event));
      case 'epochEnd':
        return void (await onEpochEnd?.(event));
      case 'checkpoint':
        return void (await onCheckpoint?.(event));
      case 'warning':
        return void (await onWarning?.(event));
      case 'end':
        return void (await onEnd?.(event));
    }
  }
}
