import type { TrainerEvent } from '../trainer/events';
import type { Reporter, TextSink } from './reporter';
import {
  clock,
  endLines,
  epochHeading,
  newBest,
  phaseLine,
  progressText,
  startLines,
  warningLines,
} from './text';

/** A log that nobody watches live still shows that the run lives, this often, in seconds. */
const PROGRESS_EVERY = 30;

/** Plain lines without control codes: for files, pipes and dumb terminals. */
export class PlainReporter implements Reporter {
  private phaseStarted: { name: string; shownAt: number } | null = null;

  /** @param err gets warnings and notes */
  constructor(
    private readonly out: TextSink,
    private readonly err: TextSink,
  ) {}

  event(event: TrainerEvent): void {
    switch (event.type) {
      case 'start':
        this.lines(startLines(event));
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'phaseEnd': {
        if (event.phase === 'train') this.lines(epochHeading(event));
        const { tutorial, more } = phaseLine(event);
        this.lines([`${tutorial} (${more})`]);
        break;
      }
      case 'epochEnd': {
        const best = newBest(event);
        this.lines(best === null ? [''] : [best, '']);
        break;
      }
      case 'warning':
        this.err.write(`${warningLines(event).join('\n')}\n`);
        break;
      case 'end':
        this.lines([...endLines(event), '']);
        break;
      case 'checkpoint':
        break;
    }
  }

  note(text: string): void {
    this.err.write(`${text}\n`);
  }

  close(): void {}

  private progress(event: Extract<TrainerEvent, { type: 'progress' }>): void {
    const name = `${event.epoch} ${event.phase}`;
    const now = Date.parse(event.time) / 1000;
    if (this.phaseStarted?.name !== name) {
      this.phaseStarted = { name, shownAt: now };
    } else if (now - this.phaseStarted.shownAt >= PROGRESS_EVERY) {
      this.phaseStarted.shownAt = now;
      this.lines([
        `  epoch ${event.epoch}/${event.epochs - 1} ${progressText(event)} ${clock(event.secondsLeft)} left`,
      ]);
    }
  }

  private lines(lines: readonly string[]): void {
    this.out.write(`${lines.join('\n')}\n`);
  }
}
