/** Peak memory of a process and all its descendants, as the sum of their proportional set sizes (PSS). */
import { readdirSync, readFileSync } from 'node:fs';

function childrenOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return []; // it ended between two reads
  }
}

function pssBytes(pid) {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return line ? Number(line[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

function treePssBytes(root) {
  const pending = [root];
  let total = 0;
  while (pending.length > 0) {
    const pid = pending.pop();
    total += pssBytes(pid);
    pending.push(...childrenOf(pid));
  }
  return total;
}

/** Samples every `milliseconds` until `stop()`, which returns the peak in bytes. */
export function watchPeakPss(pid, milliseconds = 1000) {
  let peak = 0;
  const sample = () => {
    peak = Math.max(peak, treePssBytes(pid));
  };
  const timer = setInterval(sample, milliseconds);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
