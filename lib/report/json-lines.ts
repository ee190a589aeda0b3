import type { TrainerEvent } from '../trainer/events';
import { serializeEvent } from '../trainer/serialize-event';
import type { Reporter, TextSink } from './reporter';

/** `--json`: every event as one line of JSON on `out`, and nothing else there. */
export class JsonLinesReporter implements Reporter {
  constructor(
    private readonly out: TextSink,
    private readonly err: TextSink,
  ) {}

  event(event: TrainerEvent): void {
    this.out.write(`${serializeEvent(event)}\n`);
  }

  note(text: string): void {
    this.err.write(`${text}\n`);
  }

  close(): void {}
}
