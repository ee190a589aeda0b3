import { type CountLine, countLine } from '../report/count-line';

/** Milliseconds that nobody needs to be told of. */
const PATIENCE = 1000;

/** A counting line on stderr, for work that turns out to take longer than a second. */
export function patientCount(what: string): CountLine {
  const started = performance.now();
  let line: CountLine | null = null;
  return {
    show(done, total) {
      if (line === null && performance.now() - started > PATIENCE)
        line = countLine(process.stderr, process.env, what);
      line?.show(done, total);
    },
    close() {
      line?.close();
      line = null;
    },
  };
}
