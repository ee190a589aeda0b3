import { setImmediate } from 'node:timers/promises';

/** Items done at a stretch: a few milliseconds. */
const AT_A_STRETCH = 5000;

/** Calls `work` for 0 to `count` - 1 in order, and lets the event loop have its turn now and then. */
export async function inPieces(count: number, work: (at: number) => void): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    if (at % AT_A_STRETCH === AT_A_STRETCH - 1) await setImmediate();
    work(at);
  }
}
