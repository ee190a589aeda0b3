import { removeCheckpoints } from './checkpoint-names';

/** Which of a run's checkpoints stay in its folder. */
export class KeptCheckpoints {
  readonly #folder: string;
  readonly #keepLast: number;
  /** Names on the disk, the newest last. */
  readonly #names: string[];
  /** The newest of which it is sure that a power cut leaves it. */
  #sure: string | null;
  /** Kept however old it becomes. */
  pinned: string | null = null;

  /** @param names of those that are there, the newest last */
  constructor(folder: string, keepLast: number, names: readonly string[]) {
    this.#folder = folder;
    this.#keepLast = keepLast;
    this.#names = [...names];
    this.#sure = names.at(-1) ?? null;
  }

  /** Counts a new one, and removes those that are too many; one that cannot be removed is tried again with the next. */
  async add(name: string, { sure }: { sure: boolean }): Promise<void> {
    this.forget(name);
    this.#names.push(name);
    if (sure) this.#sure = name;
    const needed = [this.pinned, this.#sure];
    const surplus = this.#names.slice(0, -this.#keepLast).filter((old) => !needed.includes(old));
    await removeCheckpoints(this.#folder, surplus);
    for (const old of surplus) this.forget(old);
  }

  /** Of one that is gone. */
  forget(name: string): void {
    const at = this.#names.indexOf(name);
    if (at >= 0) this.#names.splice(at, 1);
  }
}
