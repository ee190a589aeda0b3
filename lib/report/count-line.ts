import { isLiveTerminal, type ReporterChoice } from './choose-reporter';

/** Progress of something that is counted. */
export interface CountLine {
  show(done: number, total: number): void;
  close(): void;
}

/** A counting line on a terminal; elsewhere one line at the start. */
export function countLine(out: ReporterChoice['out'], env: ReporterChoice['env'], what: string): CountLine {
  if (!isLiveTerminal(out, env)) {
    out.write(`${what}\n`);
    return { show: () => {}, close: () => {} };
  }
  let shown = -1;
  return {
    show(done, total) {
      const percent = Math.floor((100 * done) / total);
      // A terminal gains nothing from a thousand updates.
      if (percent === shown) return;
      shown = percent;
      out.write(`\r${what}: ${done}/${total}`);
    },
    close: () => out.write('\n'),
  };
}
