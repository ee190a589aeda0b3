import { guardReceivers, invalidArgument, nativeOf, objectOf } from '../native/arguments';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { Architecture, Layout, NativeResNet, Precision } from '../native/types';
import { Tensor } from '../tensor';
import { ARCHITECTURES } from './architecture';
import { StateDict } from './state-dict';

export interface ResNetOptions {
  arch: Architecture;
  /** Width of the last layer, two or more. */
  classes: number;
  /** As `torch.manual_seed(seed)` right before torchvision's constructor. Default 0. */
  seed?: number;
  /** Default `fast`. */
  layout?: Layout;
  /**
   * Default `fp32`. With `fp16` a loop written by hand has to scale its loss itself; `TrainingSession` does it. `tf32` is a
   * session's to switch on, since it is LibTorch's process-wide setting.
   */
  precision?: Precision;
  /** Default `float32`; `float64` is for exact comparisons. */
  dtype?: 'float32' | 'float64';
}

/** What `loadStateDict` returns; both empty when it was strict. */
export interface IncompatibleKeys {
  missingKeys: string[];
  unexpectedKeys: string[];
}

/** One of torchvision's ResNets: its module names, order, shapes and initialisation, bit for bit. */
export class ResNet extends Handle<NativeResNet> {
  /**
   * A randomly initialised model on the CPU, in training mode.
   * @throws TorchwingError INVALID_ARGUMENT for an unknown `arch` or fewer than two classes
   */
  static async create(options: ResNetOptions): Promise<ResNet> {
    return new ResNet(await createNative(options));
  }

  get arch(): Architecture {
    return this.native.arch;
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

  /**
   * A fresh `fc` layer, initialised as `torch.manual_seed(seed); torch.nn.Linear(F, classes)` with F the backbone's
   * features: 512, or 2048 from resnet50 on.
   */
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
    return callNative(() => this.native.setTrainable(which, objectOf(options).frozenBatchNorm ?? 'tutorial'));
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
    const { grad = false } = objectOf(options);
    return Tensor.wrap(
      await callNative(() => this.native.forward(nativeOf(images, 'images', 'a Tensor'), grad)),
    );
  }

  /** Moves all parameters and buffers. */
  to(device: string): Promise<void> {
    return callNative(() => this.native.to(device));
  }

  /** A detached snapshot: later training does not change it. */
  async stateDict(): Promise<StateDict> {
    return StateDict.wrap(await callNative(() => this.native.stateDict()));
  }

  /**
   * Copies values in by name, as PyTorch's `load_state_dict`, but all or nothing.
   * @param options.strict whether a missing or unexpected key is an error; default true. Another shape always is
   * @returns keys of the model that the state lacks, in the model's order, and keys that only the state has
   * @throws TorchwingError WEIGHTS_MISMATCH listing every missing, unexpected and wrongly shaped key
   */
  loadStateDict(state: StateDict, options: { strict?: boolean } = {}): Promise<IncompatibleKeys> {
    return callNative(() =>
      this.native.loadStateDict(nativeOf(state, 'state', 'a StateDict'), objectOf(options).strict ?? true),
    );
  }
}

guardReceivers(ResNet);

/** The native side of a new model. For use inside lib/model only. */
export function createNative(options: ResNetOptions): Promise<NativeResNet> {
  return callNative(async () => {
    const {
      arch,
      classes,
      seed = 0,
      layout = 'fast',
      precision = 'fp32',
      dtype = 'float32',
    } = objectOf(options);
    checkArchitecture(arch);
    checkClasses(classes);
    const addon = await loadNative();
    return addon.ResNet.create({ arch, classes, seed, layout, precision, dtype });
  });
}

function checkArchitecture(arch: Architecture): void {
  if (ARCHITECTURES.includes(arch)) return;
  throw invalidArgument('arch', arch, `one of ${ARCHITECTURES.join(', ')}`);
}

function checkClasses(classes: number): void {
  if (!Number.isSafeInteger(classes) || classes < 2)
    throw invalidArgument('classes', classes, 'an integer >= 2');
}
