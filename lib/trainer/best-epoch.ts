/** An epoch with its validation figures. */
export interface Best {
  epoch: number;
  accuracy: number;
  loss: number;
}

/** The tutorial's choice of the best epoch: strictly higher accuracy than any before, starting at 0. */
export class BestEpoch {
  #best: Best | null;

  /** @param before the best of a run that goes on */
  constructor(before: Best | null = null) {
    this.#best = before;
  }

  /** Null while no epoch was above 0. */
  get value(): Best | null {
    return this.#best;
  }

  /**
   * Whether this epoch is the new best. Equals keep the earlier one. Asked again about the same epoch, as a run does that
   * was cut off right behind the question, it says the same again.
   */
  offer(epoch: number, accuracy: number, loss: number): boolean {
    if (this.#best?.epoch === epoch) return true;
    if (!(accuracy > (this.#best?.accuracy ?? 0))) return false;
    this.#best = { epoch, accuracy, loss };
    return true;
  }
}
