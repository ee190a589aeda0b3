// How long a process took, on a machine that may be busy with other things: nothing hangs that only waits for a core.
const { readdirSync, readFileSync } = require('node:fs');

/** Share of a stretch of time that threads may have waited for a core before only the work done in it is counted. */
const DISTURBED = 0.2;

/**
 * Measures a process from outside. Call it some times a second: in a stretch in which threads of the process waited for a core, or at
 * whose end one wants to run, what counts is the CPU time that they got; in any other, the time itself.
 * @returns milliseconds since the clock was started
 */
function startClock(pid) {
  let counted = 0;
  let last = { at: performance.now(), ...usage(pid) };
  return () => {
    const now = { at: performance.now(), ...usage(pid) };
    const passed = now.at - last.at;
    // The kernel adds a wait to its figure when it is over; until then a thread is seen to want to run.
    const disturbed = now.wanting || now.waited - last.waited > DISTURBED * passed;
    counted += disturbed ? Math.min(passed, Math.max(0, now.ran - last.ran)) : passed;
    last = now;
    return counted;
  };
}

/** Milliseconds that all threads of a process ran and waited for a core, and whether one wants one now. */
function usage(pid) {
  const sums = { ran: 0, waited: 0, wanting: false };
  for (const folder of threadsOf(pid)) {
    try {
      const [ran, waited] = readFileSync(`${folder}/schedstat`, 'utf8').split(' ');
      sums.ran += Number(ran) / 1e6;
      sums.waited += Number(waited) / 1e6;
      // "<number> (<name>) <state> ..."; a name may itself hold parentheses.
      sums.wanting ||= /^.*\) R /.test(readFileSync(`${folder}/stat`, 'utf8'));
    } catch {
      // That thread has just ended.
    }
  }
  return sums;
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    // So has the process.
    return [];
  }
}

module.exports = { startClock };
