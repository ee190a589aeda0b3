/** A sequence of draws that the seed decides. */
export class Draws {
  #state;

  /** @param seed an integer */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  number() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `from` to `to`, both included. */
  integer(from, to) {
    return from + Math.floor(this.number() * (to - from + 1));
  }

  /** Another sequence, decided by this one. */
  fork() {
    return new Draws(this.integer(0, 2 ** 32 - 1));
  }

  pick(list) {
    return list[this.integer(0, list.length - 1)];
  }

  /** `count` of `list`, in a drawn order. */
  some(list, count) {
    const left = [...list];
    return Array.from({ length: Math.min(count, left.length) }, () => {
      const [taken] = left.splice(this.integer(0, left.length - 1), 1);
      return taken;
    });
  }
}
