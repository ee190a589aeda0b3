import type { PhaseEndEvent, ProgressEvent, TrainerEvent } from '../trainer/events';
import { CLEAR_LINE, liveLine } from './live-line';
import type { Reporter, TextSink } from './reporter';
import type { Palette } from './style';
import { endLines, epochHeading, newBest, phaseLine, startLines, warningLines } from './text';

/** A terminal: text, its width now, and word when that changes. */
export interface TerminalSink extends TextSink {
  readonly columns?: number;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** For people: one live line per phase, replaced by the tutorial's summary when the phase is done. */
export class TerminalReporter implements Reporter {
  private live: ProgressEvent | null = null;
  private headed = -1;
  private readonly onResize = (): void => this.draw();

  constructor(
    private readonly out: TerminalSink,
    private readonly style: Palette,
  ) {
    out.on('resize', this.onResize);
  }

  event(event: TrainerEvent): void {
    switch (event.type) {
      case 'start':
        this.lines(startLines(event));
        break;
      case 'progress':
        this.heading(event);
        this.live = event;
        this.draw();
        break;
      case 'phaseEnd':
        this.phaseEnd(event);
        break;
      case 'epochEnd': {
        const best = newBest(event);
        this.lines(best === null ? [''] : [this.style.good(best), '']);
        break;
      }
      case 'warning': {
        const [first = '', ...rest] = warningLines(event);
        this.lines([this.style.warning(first), ...rest]);
        break;
      }
      case 'end':
        this.live = null;
        this.lines([...endLines(event).map(this.style.bold), '']);
        break;
      case 'checkpoint':
        break;
    }
  }

  note(text: string): void {
    this.lines([text]);
  }

  close(): void {
    this.out.off('resize', this.onResize);
    if (this.live !== null) this.out.write(CLEAR_LINE);
    this.live = null;
  }

  private phaseEnd(event: PhaseEndEvent): void {
    this.heading(event);
    const { tutorial, more } = phaseLine(event);
    this.clearLive();
    this.lines([`${tutorial}  ${this.style.dim(more)}`]);
  }

  /** `Epoch 0/24` and the rule below it, once, before the first sign of the epoch. */
  private heading(event: { epoch: number; epochs: number }): void {
    if (this.headed === event.epoch) return;
    this.headed = event.epoch;
    this.lines(
      epochHeading(event).map((line, at) => (at === 0 ? this.style.bold(line) : this.style.dim(line))),
    );
  }

  /** Writes lines above the live line. */
  private lines(lines: readonly string[]): void {
    const clear = this.live === null ? '' : CLEAR_LINE;
    this.out.write(`${clear}${lines.join('\n')}\n`);
    this.draw();
  }

  private clearLive(): void {
    if (this.live !== null) this.out.write(CLEAR_LINE);
    this.live = null;
  }

  private draw(): void {
    if (this.live === null) return;
    this.out.write(CLEAR_LINE + liveLine(this.live, this.out.columns ?? 80, this.style));
  }
}
