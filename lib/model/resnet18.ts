import { TorchwingError } from '../native/errors';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { Layout, NativeResNet18 } from '../native/types';
import { Tensor } from '../tensor';
import { StateDict } from './state-dict';

export interface ResNet18Options {
  /** Width of the last layer, two or more. */
  classes: number;
  /** As `torch.manual_seed(seed)` right before torchvision's constructor. Default 0. */
  seed?: number;
  /** Default `fast`. */
  layout?: Layout;
  /** Default `float32`; `float64` is for exact comparisons. */
  dtype?: 'float32' | 'float64';
}

/** torchvision's ResNet-18: its module names, order, shapes and initialisation, bit for bit. */
export class ResNet18 extends Handle<NativeResNet18> {
  /** A randomly initialised model on the CPU, in training mode. Rejects with INVALID_ARGUMENT below two classes. */
  static async create(options: ResNet18Options): Promise<ResNet18> {
    checkClasses(options.classes);
    return callNative(async () => {
      const addon = await loadNative();
      const { classes, seed = 0, layout = 'fast', dtype = 'float32' } = options;
      return new ResNet18(await addon.ResNet18.create({ arch: 'resnet18', classes, seed, layout, dtype }));
    });
  }

  get classes(): number {
    return this.native.classes;
  }

  get layout(): Layout {
    return this.native.layout;
  }

  get device(): string {
    return this.native.device;
  }

  get training(): boolean {
    return this.native.training;
  }

  /** A fresh `fc` layer, initialised as `torch.manual_seed(seed); torch.nn.Linear(512, classes)`. */
  async replaceHead(classes: number, seed = 0): Promise<void> {
    checkClasses(classes);
    return callNative(() => this.native.replaceHead(classes, seed));
  }

  /**
   * Which parameters get gradients. `head`: only `fc`.
   * @param options.frozenBatchNorm BatchNorm of the frozen backbone in training mode: `tutorial` (default) normalises
   *   by the batch and updates the running statistics, `eval` uses and keeps the stored ones
   */
  setTrainable(
    which: 'all' | 'head',
    options: { frozenBatchNorm?: 'tutorial' | 'eval' } = {},
  ): Promise<void> {
    return callNative(() => this.native.setTrainable(which, options.frozenBatchNorm ?? 'tutorial'));
  }

  /** Training mode. Rejects with MODEL_BUSY while a session trains this model. */
  train(): Promise<void> {
    return callNative(() => this.native.train());
  }

  /** Evaluation mode. Rejects with MODEL_BUSY while a session trains this model. */
  eval(): Promise<void> {
    return callNative(() => this.native.eval());
  }

  /**
   * @param images float [N, 3, H, W] in the model's dtype and on its device
   * @param options.grad records what `backward()` needs; default false
   * @returns logits [N, classes]
   */
  async forward(images: Tensor, options: { grad?: boolean } = {}): Promise<Tensor> {
    return Tensor.wrap(await callNative(() => this.native.forward(images.native, options.grad ?? false)));
  }

  /** Moves all parameters and buffers. */
  to(device: string): Promise<void> {
    return callNative(() => this.native.to(device));
  }

  /** A detached snapshot: later training does not change it. */
  async stateDict(): Promise<StateDict> {
    return StateDict.wrap(await callNative(() => this.native.stateDict()));
  }

  /** Copies values in by name, strictly. Rejects with WEIGHTS_MISMATCH listing every missing, unexpected and wrongly shaped key. */
  loadStateDict(state: StateDict): Promise<void> {
    return callNative(() => this.native.loadStateDict(state.native));
  }
}

function checkClasses(classes: number): void {
  if (!Number.isSafeInteger(classes) || classes < 2) {
    throw new TorchwingError(
      'INVALID_ARGUMENT',
      `Invalid value for "classes": received ${String(classes)}, expected an integer >= 2.`,
    );
  }
}
