import type { TrainerEvent } from '../trainer/events';

/** Shows a run to somebody. Training knows nothing of it: it hears events, in order. */
export interface Reporter {
  event(event: TrainerEvent): void;
  /** Something that is no event, for example that an interruption was heard. */
  note(text: string): void;
  /** The last call, however the run ended: leaves the terminal as it was. */
  close(): void;
}

/** The part of a stream that reporters use. */
export interface TextSink {
  write(text: string): unknown;
}
