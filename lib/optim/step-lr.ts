import { guardReceivers, nativeOf, objectOf } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { callNative, callNativeSync } from '../native/handle';
import { loadNative } from '../native/load';
import type { NativeStepLR } from '../native/types';
import type { SGD } from './sgd';

export interface StepLROptions {
  /** Epochs between two reductions, >= 1. */
  stepSize: number;
  /** Default 0.1, as in PyTorch. */
  gamma?: number;
}

/** Where a schedule stands: what `loadState` takes to go on from there. */
export interface StepLRState {
  lastEpoch: number;
  lastLr: number;
}

/** torch.optim.lr_scheduler.StepLR by Python's recurrence, equal to it to the last bit. */
export class StepLR {
  readonly #native: NativeStepLR;

  /** Whether an object has the private fields of this class. For use inside lib/ only. */
  static holds(value: object): boolean {
    return #native in value;
  }

  /** The native object. For use inside lib/ only. */
  get native(): NativeStepLR {
    return this.#native;
  }

  private constructor(scheduler: NativeStepLR) {
    this.#native = scheduler;
  }

  static create(optimizer: SGD, options: StepLROptions): Promise<StepLR> {
    return callNative(async () => {
      const { stepSize, gamma = 0.1 } = objectOf(options);
      if (!Number.isSafeInteger(stepSize) || stepSize < 1) {
        throw new TorchwingError(
          'INVALID_ARGUMENT',
          `Invalid value for "stepSize": received ${String(stepSize)}, expected an integer >= 1.`,
        );
      }
      const addon = await loadNative();
      return new StepLR(addon.StepLR.create(nativeOf(optimizer, 'optimizer', 'an SGD'), stepSize, gamma));
    });
  }

  /** Learning rate that the optimizer now has. */
  get lastLr(): number {
    return this.#native.lastLr;
  }

  /** Epochs stepped so far. */
  get lastEpoch(): number {
    return this.#native.lastEpoch;
  }

  /** Once per epoch, after the training phase: sets the optimizer's `lr` for the next epoch. */
  step(): void {
    callNativeSync(() => this.#native.step());
  }

  state(): StepLRState {
    return { lastEpoch: this.lastEpoch, lastLr: this.lastLr };
  }

  loadState(state: StepLRState): void {
    callNativeSync(() => {
      const { lastEpoch, lastLr } = objectOf(state, 'state');
      this.#native.loadState(lastEpoch, lastLr);
    });
  }
}

guardReceivers(StepLR);
