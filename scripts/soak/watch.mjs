/** The invariants that hold of the process between any two actions of the soak. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { Heartbeat } from './heartbeat.mjs';
import { Tensor } from './torchwing.mjs';

const { growthOf, openGauge } = createRequire(import.meta.url)('../../test/process/programs/gauge.cjs');

/** Bytes that the process may hold more after each action: what a fit is allowed in test/process/leaks.test.ts. */
export const GROWTH = 50 * 1024;
/** Actions before the slope of memory means something, and from one look at it to the next. */
const ENOUGH = 100;
const LOOK_EVERY = 25;
/** Milliseconds for threads and descriptors of an action to go. */
const PATIENCE = 10_000;
/**
 * Milliseconds that the event loop may be held up: it is alive, whatever else the machine does. How quick it is on a machine of its
 * own is test/process/event-loop.test.ts's to say.
 */
export const LONGEST_DELAY = 2000;

export class Watch {
  #readGauge = openGauge(async () => (await Tensor.from(new Float32Array(1), [1])).dispose());
  #temporary;
  #heartbeat = new Heartbeat();
  #samples = [];
  #settled = null;
  #longestDelay = 0;

  /** @param temporary the folder that TMPDIR names */
  constructor(temporary) {
    this.#temporary = temporary;
  }

  /** Before an action. */
  begin() {
    this.#heartbeat.start();
  }

  /** Behind the actions that brought everything into being that stays: threads and descriptors are these from now on. */
  async settle() {
    this.#heartbeat.stop();
    const { threads, descriptors } = await this.#readGauge();
    this.#settled = { threads, descriptors };
  }

  /** Behind action number `at`. */
  async check(at) {
    // Reading the gauge holds the loop up itself.
    this.#longestDelay = Math.max(this.#longestDelay, this.#heartbeat.stop());
    assert(this.#longestDelay <= LONGEST_DELAY, `the event loop was held up for ${this.#longestDelay} ms`);
    const sample = await this.#quietGauge();
    this.#samples.push({ at, ...sample });
    const { threads, descriptors } = sample;
    assert.deepEqual({ threads, descriptors }, this.#settled, 'threads and descriptors');
    assert.deepEqual(readdirSync(this.#temporary), [], 'temporary files');
    if (this.#samples.length % LOOK_EVERY === 0) this.checkGrowth();
  }

  /** From time to time, and at the end. */
  checkGrowth() {
    if (this.#samples.length < ENOUGH) return;
    const { heap, resident } = growthOf(this.#samples);
    assert(heap <= GROWTH, `the heap grows by ${heap} bytes an action`);
    assert(resident <= GROWTH, `the resident size grows by ${resident} bytes an action`);
  }

  figures() {
    const { heap, resident } = this.#samples.length > 5 ? growthOf(this.#samples) : { heap: 0, resident: 0 };
    return {
      heapGrowth: Math.round(heap),
      residentGrowth: Math.round(resident),
      resident: this.#samples.at(-1)?.resident ?? 0,
      ...this.#settled,
      longestDelay: Math.round(this.#longestDelay),
    };
  }

  async #quietGauge() {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const sample = await this.#readGauge();
      const quiet =
        sample.threads === this.#settled.threads && sample.descriptors === this.#settled.descriptors;
      if (quiet || performance.now() > end) return sample;
      await wait(20);
    }
  }
}
