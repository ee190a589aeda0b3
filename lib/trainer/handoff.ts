/**
 * Passes values from one asynchronous side to another, one at a time: `give` settles when the receiver has come back
 * for the next value, so the giver is held up by a slow receiver.
 */
export class Handoff<Value> {
  readonly #queue: { value: Value; taken: () => void }[] = [];
  #current: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #closed = false;

  give(value: Value): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((taken) => {
      this.#queue.push({ value, taken });
      this.#wake?.();
    });
  }

  /** The next value; null when closed and nothing waits any more. Says that the value before it has been dealt with. */
  async take(): Promise<{ value: Value } | null> {
    this.#current?.();
    this.#current = null;
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#current = next.taken;
        return { value: next.value };
      }
      if (this.#closed) return null;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
      this.#wake = null;
    }
  }

  /** Nothing more will be given; what waits can still be taken. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The receiver has gone: lets every giver go on. */
  abandon(): void {
    this.close();
    this.#current?.();
    this.#current = null;
    for (const { taken } of this.#queue.splice(0)) taken();
  }
}
