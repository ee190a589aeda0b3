import type { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
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

/** torch.optim.SGD over the model's trainable parameters, with Python's arithmetic. */
export class SGD extends Handle<NativeSGD> {
  /** Takes the parameters that are trainable at this moment: call `setTrainable` and `to` first. */
  static create(model: ResNet, options: SGDOptions): Promise<SGD> {
    return callNative(async () => {
      const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
      const addon = await loadNative();
      return new SGD(
        await addon.SGD.create(model.native, { lr, momentum, dampening, weightDecay, nesterov }),
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

  /** Momentum buffers named by parameter; a parameter without a step yet is absent. */
  async state(): Promise<StateDict> {
    return StateDict.wrap(await callNative(() => this.native.state()));
  }

  loadState(state: StateDict): Promise<void> {
    return callNative(() => this.native.loadState(state.native));
  }
}
