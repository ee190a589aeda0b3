import { TorchwingError } from '../native/errors';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { DType, NativeStateDict } from '../native/types';
import { Tensor } from '../tensor';

/** Name, element type and shape of one tensor of a StateDict. */
export interface StateDictEntry {
  name: string;
  dtype: DType;
  shape: number[];
}

/**
 * Named tensors in PyTorch's order, detached, on the CPU: a snapshot of a model or of an optimizer, or what a weight
 * file held.
 */
export class StateDict extends Handle<NativeStateDict> {
  /** Wraps a native state dict. For use inside lib/ only. */
  static wrap(state: NativeStateDict): StateDict {
    return new StateDict(state);
  }

  /**
   * Reads a zip-format `.pth` as data: nothing in the file is ever executed.
   * @throws TorchwingError WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT (not such a file, truncated, a Git-LFS pointer),
   *   WEIGHTS_UNSAFE (a global outside the closed list) or WEIGHTS_UNSUPPORTED (TorchScript, a whole module)
   */
  static read(path: string): Promise<StateDict> {
    return callNative(async () => {
      const addon = await loadNative();
      return new StateDict(await addon.StateDict.read(path));
    });
  }

  get entries(): StateDictEntry[] {
    return this.native.entries.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  }

  /** Text of the file's `torchwing.json` record; null for snapshots and for files without one. */
  get record(): string | null {
    return this.native.record;
  }

  /** Remarks on what was read, for the user: a converted dtype, a stripped prefix. */
  get notes(): string[] {
    return [...this.native.notes];
  }

  /** A copy of one tensor. Rejects with INVALID_ARGUMENT for a name that is not there. */
  async tensor(name: string): Promise<Tensor> {
    if (!this.native.entries.some((entry) => entry.name === name)) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        `Invalid value for "name": received "${name}", expected the name of one of the ${this.native.entries.length} tensors.`,
      );
    }
    return Tensor.wrap(await callNative(() => this.native.tensor(name)));
  }

  /**
   * Writes a zip-format `.pth` that `torch.load(weights_only=True)` opens, with `record` as its `torchwing.json`.
   * Atomic: the file is there whole or not at all.
   * @throws TorchwingError OUTPUT_WRITE
   */
  save(path: string, record = ''): Promise<void> {
    return callNative(() => this.native.save(path, record));
  }
}
