import type { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
import { guardReceivers, invalidArgument, nativeOf, objectOf } from '../native/arguments';
import { callNative, callNativeSync, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { NativeSGD } from '../native/types';

export interface SGDOptions {
  /** Finite, >= 0. */
  lr: number;
  /** Default 0, as in PyTorch. */
  momentum?: number;
  dampening?: number;
  weightDecay?: number;
  nesterov?: boolean;
}

/** One parameter group of Python's `optimizer.state_dict()`, in camelCase. */
export interface SGDParamGroup extends Required<SGDOptions> {
  /** Numbers of the parameters, in their order: 0, 1, … in what `stateDict()` gives. */
  params: number[];
}

/** What Python's `optimizer.state_dict()` holds. */
export interface SGDStateDict {
  /** Momentum buffers, each named by the number of its parameter (`"0"`); absent before its first step. To be disposed. */
  state: StateDict;
  /** One group: all parameters have the same hyperparameters. */
  paramGroups: [SGDParamGroup];
}

/** torch.optim.SGD over the model's trainable parameters, with Python's arithmetic. */
export class SGD extends Handle<NativeSGD> {
  /** Takes the parameters that are trainable at this moment: call `setTrainable` and `to` first. */
  static create(model: ResNet, options: SGDOptions): Promise<SGD> {
    return callNative(async () => {
      const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = objectOf(options);
      const addon = await loadNative();
      return new SGD(
        await addon.SGD.create(nativeOf(model, 'model', 'a ResNet'), {
          lr,
          momentum,
          dampening,
          weightDecay,
          nesterov,
        }),
      );
    });
  }

  /** Learning rate of the next step. */
  get lr(): number {
    return this.native.lr;
  }

  set lr(lr: number) {
    callNativeSync(() => {
      this.native.lr = lr;
    });
  }

  step(): Promise<void> {
    return callNative(() => this.native.step());
  }

  zeroGrad(): Promise<void> {
    return callNative(() => this.native.zeroGrad());
  }

  /**
   * Hyperparameters and momentum, as Python's `optimizer.state_dict()`; a snapshot. Parameters are numbered in the
   * model's order; with `setTrainable('head')` they are `fc.weight` (0) and `fc.bias` (1).
   */
  async stateDict(): Promise<SGDStateDict> {
    const { state, paramGroup } = await callNative(() => this.native.stateDict());
    return { state: StateDict.wrap(state), paramGroups: [{ ...paramGroup, params: [...paramGroup.params] }] };
  }

  /**
   * Takes over a state, all or nothing: the hyperparameters too, `lr` included, as in Python.
   * @throws TorchwingError WEIGHTS_MISMATCH when it is for other parameters; INVALID_CONFIG for wrong hyperparameters;
   *   MODEL_BUSY while a session trains the model
   */
  loadStateDict(stateDict: SGDStateDict): Promise<void> {
    return callNative(() => {
      const { state, paramGroups } = objectOf(stateDict, 'stateDict');
      if (!Array.isArray(paramGroups))
        throw invalidArgument('stateDict.paramGroups', paramGroups, 'an array');
      return this.native.loadStateDict(nativeOf(state, 'stateDict.state', 'a StateDict'), paramGroups[0]);
    });
  }
}

guardReceivers(SGD);
