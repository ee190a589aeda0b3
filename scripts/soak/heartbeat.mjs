import { readFileSync } from 'node:fs';

const EVERY = 20;
const NANOSECONDS = 1e6;

/** How long the event loop is held up, less what the thread waited for a core that others had. */
export class Heartbeat {
  #clock = null;
  #last = null;
  #longest = 0;

  start() {
    this.#longest = 0;
    this.#last = now();
    this.#clock = setInterval(() => this.#beat(), EVERY);
  }

  /** @returns the longest delay since start(), in milliseconds */
  stop() {
    clearInterval(this.#clock);
    this.#beat();
    return this.#longest;
  }

  #beat() {
    const here = now();
    const passed = here.time - this.#last.time - (here.waited - this.#last.waited);
    this.#longest = Math.max(this.#longest, passed - EVERY);
    this.#last = here;
  }
}

/** Milliseconds of the clock, and those that this process's first thread, JavaScript's, has waited in the run queue. */
function now() {
  const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
  return { time: performance.now(), waited: waited / NANOSECONDS };
}
