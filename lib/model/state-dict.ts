import { guardReceivers, invalidArgument, objectOf } from '../native/arguments';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { DType, NativeStateDict, WeightFormat } from '../native/types';
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
   * Reads a `.pth` of any age or a safetensors file, told apart by content, as data: nothing in the file is ever
   * executed.
   * @param options.prefix keeps only the tensors whose names begin with it, and takes it off, as `backbone.`. Without
   *   one, `module.` (DataParallel) is taken off where every name begins with it
   * @throws TorchwingError WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT (not such a file, truncated, a Git-LFS pointer),
   *   WEIGHTS_UNSAFE (a global outside the closed list), WEIGHTS_UNSUPPORTED (TorchScript, a whole module) or
   *   WEIGHTS_MISMATCH (no name begins with the prefix)
   */
  static read(path: string, options: { prefix?: string } = {}): Promise<StateDict> {
    return callNative(async () => {
      const addon = await loadNative();
      return new StateDict(await addon.StateDict.read(path, objectOf(options).prefix ?? ''));
    });
  }

  get entries(): StateDictEntry[] {
    return this.native.entries.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  }

  /** Text of the file's `torchwing.json` record (in safetensors an entry of `__metadata__`); null for snapshots and for files without one. */
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
      const { length } = this.native.entries;
      throw invalidArgument('name', name, `the name of one of the ${length} tensors`);
    }
    return Tensor.wrap(await callNative(() => this.native.tensor(name)));
  }

  /**
   * Writes a `.pth` that `torch.load(weights_only=True)` opens, or safetensors that the official library opens, with
   * `record` as its `torchwing.json`. Atomic: the file is there whole or not at all.
   * @param options.format default: `safetensors` for a path that ends in `.safetensors`, `pth` for any other
   * @throws TorchwingError OUTPUT_WRITE
   */
  save(path: string, record = '', options: { format?: WeightFormat } = {}): Promise<void> {
    return callNative(() => {
      if (typeof path !== 'string') throw invalidArgument('path', path, 'a string');
      return this.native.save(path, record, objectOf(options).format ?? weightFormatOf(path));
    });
  }

  /**
   * Reads what `saveCheckpoint` wrote. For use inside lib/ only.
   * @throws TorchwingError CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE, CHECKPOINT_DAMAGED or CHECKPOINT_UNSUPPORTED
   */
  static readCheckpoint(path: string): Promise<StateDict> {
    return callNative(async () => {
      const addon = await loadNative();
      return new StateDict(await addon.StateDict.readCheckpoint(path));
    });
  }

  /**
   * Writes the same with a length and a checksum over the whole file, beside training. For use inside lib/ only.
   * @throws TorchwingError OUTPUT_WRITE
   */
  saveCheckpoint(path: string, record: string): Promise<void> {
    return callNative(() => this.native.saveCheckpoint(path, record));
  }
}

guardReceivers(StateDict);

/** The container that a file's name asks for. */
function weightFormatOf(path: string): WeightFormat {
  return path.toLowerCase().endsWith('.safetensors') ? 'safetensors' : 'pth';
}
