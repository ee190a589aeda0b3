import type { ProgressEvent } from '../trainer/events';
import type { Palette } from './style';
import { clock, speed } from './text';

/** Back to the line's start, and clear it. */
export const CLEAR_LINE = '\r\u001b[2K';

const WIDEST_BAR = 30;
const NARROWEST_BAR = 8;

/**
 * The live line of a phase, at most `columns - 1` wide so that no terminal breaks it: what matters least is left out
 * first (the bar shrinks, then goes; then speed; then accuracy), and the time left is the last to go.
 */
export function liveLine(event: ProgressEvent, columns: number, style: Palette): string {
  const width = Math.max(1, columns - 1);
  const share = event.steps > 0 ? event.step / event.steps : 0;
  const name = `${event.phase.padEnd(5)} ${event.epoch}/${event.epochs - 1}`;
  const percent = `${String(Math.floor(100 * share)).padStart(3)} %`;
  const left = `${clock(event.secondsLeft)} left`;
  const loss = `loss ${event.loss.toFixed(4)}`;
  const accuracy = `acc ${event.accuracy.toFixed(4)}`;
  const choices = [
    [percent, loss, accuracy, speed(event.imagesPerSecond), left],
    [percent, loss, accuracy, left],
    [percent, loss, left],
    [percent, left],
    [percent],
  ];
  for (const parts of choices) {
    const text = parts.join('  ');
    const room = width - name.length - 1 - text.length - 1;
    const bar = parts === choices[0] && room >= NARROWEST_BAR ? Math.min(WIDEST_BAR, room) : 0;
    if (bar > 0) return `${style.bold(name)} ${drawBar(share, bar, style)} ${text}`;
    if (name.length + 1 + text.length <= width) return `${style.bold(name)} ${text}`;
  }
  return percent.trim().slice(0, width);
}

/** @param share 0 to 1 */
export function drawBar(share: number, width: number, style: Palette): string {
  const full = Math.round(share * width);
  return style.good('━'.repeat(full)) + style.dim('─'.repeat(width - full));
}
