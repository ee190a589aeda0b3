// How long a process took, on a machine that may be busy with other things: nothing hangs that only waits for a core.
const { readdirSync, readFileSync } = require('node:fs');

/** Share of a stretch of time that threads may wait for a core before only the work done in it is counted. */
const DISTURBED = 0.2;

/**
 * Measures a process from outside. Call it some times a second: in a stretch in which threads of the process had to wait for a core,
 * what counts is the CPU time that they got; in any other, the time itself.
 * @returns milliseconds since the clock was started
 */
function startClock(pid) {
  let counted = 0;
  let last = { at: performance.now(), ...usage(pid) };
  return () => {
    const now = { at: performance.now(), ...(usage(pid) ?? last) };
    const passed = now.at - last.at;
    const disturbed = now.waited - last.waited > DISTURBED * passed;
    counted += disturbed ? Math.min(passed, Math.max(0, now.ran - last.ran)) : passed;
    last = now;
    return counted;
  };
}

/** Milliseconds that all threads of a process ran and waited for a core; null when it is gone. */
function usage(pid) {
  try {
    const sums = { ran: 0, waited: 0 };
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      sums.ran += Number(ran) / 1e6;
      sums.waited += Number(waited) / 1e6;
    }
    return sums;
  } catch {
    return null;
  }
}

module.exports = { startClock };
