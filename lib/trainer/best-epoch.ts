/** The tutorial's choice of the best epoch: strictly higher accuracy than any before, starting at 0. */
export class BestEpoch {
  #best: { epoch: number; accuracy: number; loss: number } | null = null;

  /** Null while no epoch was above 0. */
  get value(): { epoch: number; accuracy: number; loss: number } | null {
    return this.#best;
  }

  /** Whether this epoch is the new best. Equals keep the earlier one. */
  offer(epoch: number, accuracy: number, loss: number): boolean {
    if (!(accuracy > (this.#best?.accuracy ?? 0))) return false;
    this.#best = { epoch, accuracy, loss };
    return true;
  }
}
