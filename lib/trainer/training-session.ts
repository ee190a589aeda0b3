import type { BatchMix } from '../data/batch-mix';
import type { ImageLoader } from '../data/image-loader';
import type { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
import { guardReceivers, invalidArgument, nativeOf, objectOf } from '../native/arguments';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type {
  NativePhaseCounts,
  NativePhasePosition,
  NativePhaseResult,
  NativeProgress,
  NativeTrainingSession,
  Phase,
} from '../native/types';
import type { SGD } from '../optim/sgd';

export interface RunEpochOptions {
  phase: Phase;
  loader: ImageLoader;
  /** 0-based; keys the order and the augmentation. */
  epoch: number;
  /** Learning rate of a `train` phase. */
  lr: number;
  /** Default 0. */
  startStep?: number;
  /** Default -1: to the end of the epoch. */
  maxSteps?: number;
  /** What the steps before `startStep` counted; default: nothing. */
  before?: PhaseCounts;
  /** Training steps of the whole run from one snapshot to the next; default 0: only those that are requested. */
  snapshotEvery?: number;
  /**
   * Whether a step for which memory runs out is tried again in parts of half as many images, down to two, and so on from
   * then on. The gradient stays that of the whole batch, but for BatchNorm, which normalises by the part. Default false.
   */
  autoBatch?: boolean;
  /** Images of a batch that are computed at once. Default 0: all. */
  microBatch?: number;
}

export type PhaseCounts = NativePhaseCounts;
export type PhasePosition = NativePhasePosition;

/** The counts of a phase that has not begun. */
export const NOTHING_COUNTED: PhaseCounts = { images: 0, correct: 0, lossSum: 0, skipped: 0 };

export type PhaseResult = NativePhaseResult;
export type Progress = NativeProgress;

/**
 * Model, optimizer and cross-entropy on one device, running whole phases without returning to JavaScript. The numbers
 * are those of the same steps written by hand on the handles, bit for bit.
 */
export class TrainingSession extends Handle<NativeTrainingSession> {
  /**
   * @param options.optimizer null for a session that only validates
   * @param options.mix mixes the batches of training phases, drawn by (seed, epoch, step); default: none
   * @param options.labelSmoothing of the loss of both phases, as torch.nn.CrossEntropyLoss has it; 0..1, default 0
   * @param options.cudaGraph records a training step as a CUDA graph and replays it; default false
   * @param options.deterministic the same bits in each run on CUDA, too; default false
   * @throws TorchwingError CUDA_UNAVAILABLE, CUDA_GRAPH_UNAVAILABLE, ARITHMETIC_CONFLICT, MODEL_BUSY
   */
  static create(options: {
    model: ResNet;
    optimizer: SGD | null;
    device: string;
    mix?: BatchMix & { seed?: number };
    labelSmoothing?: number;
    cudaGraph?: boolean;
    deterministic?: boolean;
  }): Promise<TrainingSession> {
    return callNative(async () => {
      const addon = await loadNative();
      return new TrainingSession(
        await addon.TrainingSession.create({
          model: nativeOf(objectOf(options).model, 'model', 'a ResNet'),
          optimizer:
            options.optimizer === null ? null : nativeOf(options.optimizer, 'optimizer', 'an SGD or null'),
          device: options.device,
          mix: {
            mixupAlpha: options.mix?.mixupAlpha ?? 0,
            cutmixAlpha: options.mix?.cutmixAlpha ?? 0,
            seed: options.mix?.seed ?? 0,
          },
          labelSmoothing: options.labelSmoothing ?? 0,
          cudaGraph: options.cudaGraph ?? false,
          deterministic: options.deterministic ?? false,
        }),
      );
    });
  }

  /**
   * One phase of one epoch. While it runs the model is leased: calls that would change it reject with MODEL_BUSY.
   * @param onProgress the latest figures, at most one call outstanding
   * @param onSnapshot the state as it was at `position`, for the listener to dispose; the next one comes after its
   *   promise has settled. Without it none is taken
   * @param onMicroBatch told by `autoBatch` of each halving: images computed at once from here on, and of the batch
   * @throws TorchwingError LOSS_NOT_FINITE that names the first step with a bad loss, model and momentum being as they
   * were before it; OUT_OF_MEMORY that names the step and the batch, likewise; what the loader throws, and what a listener threw,
   * which ends the phase after its current step
   */
  async runEpoch(
    options: RunEpochOptions,
    onProgress: (progress: Progress) => void = () => {},
    onSnapshot: ((position: PhasePosition, state: StateDict) => Promise<void>) | null = null,
    onMicroBatch: (microBatch: number, images: number) => void = () => {},
  ): Promise<PhaseResult> {
    const { native } = this;
    if (typeof onProgress !== 'function') throw invalidArgument('onProgress', onProgress, 'a function');
    if (onSnapshot !== null && typeof onSnapshot !== 'function')
      throw invalidArgument('onSnapshot', onSnapshot, 'a function or null');
    const thrown: unknown[] = [];
    const fail = (error: unknown) => {
      thrown.push(error);
      if (!this.disposed) native.stop();
    };
    const heard =
      <Told extends unknown[]>(listener: (...told: Told) => void) =>
      (...told: Told) => {
        if (thrown.length > 0) return;
        try {
          listener(...told);
        } catch (error) {
          fail(error);
        }
      };
    const takeSnapshot = async (position: PhasePosition, state: StateDict) => {
      try {
        if (onSnapshot === null) state.dispose();
        else await onSnapshot(position, state);
      } catch (error) {
        fail(error);
      } finally {
        if (!this.disposed) native.snapshotTaken();
      }
    };
    const result = await callNative(() =>
      native.runEpoch(
        {
          phase: objectOf(options).phase,
          loader: nativeOf(options.loader, 'loader', 'an ImageLoader'),
          epoch: options.epoch,
          lr: options.lr,
          startStep: options.startStep ?? 0,
          maxSteps: options.maxSteps ?? -1,
          before: options.before ?? NOTHING_COUNTED,
          snapshotEvery: onSnapshot === null ? 0 : (options.snapshotEvery ?? 0),
          autoBatch: options.autoBatch ?? false,
          microBatch: options.microBatch ?? 0,
        },
        heard(onProgress),
        (position, state) => void takeSnapshot(position, StateDict.wrap(state)),
        heard(onMicroBatch),
      ),
    );
    if (thrown.length > 0) throw thrown[0];
    return result;
  }

  /** Ends the running phase after its current step; its result then says `stopped`. */
  stop(): void {
    this.native.stop();
  }

  /** Keeps a copy of the model's weights as the best so far. */
  snapshotBest(): Promise<void> {
    return callNative(() => this.native.snapshotBest());
  }

  /** Puts the best weights back into the model. */
  restoreBest(): Promise<void> {
    return callNative(() => this.native.restoreBest());
  }

  /** The best snapshot, or null before the first. */
  async bestState(): Promise<StateDict | null> {
    const state = await callNative(() => this.native.bestState());
    return state === null ? null : StateDict.wrap(state);
  }

  /** Asks the running phase for a snapshot after its current step, or the next phase after its first. */
  requestSnapshot(): void {
    this.native.requestSnapshot();
  }

  /**
   * A copy of everything that training needs to go on: weights and buffers, momentum buffers and the best weights, under
   * names that begin with `model.`, `momentum.` and `best.`.
   */
  async state(): Promise<StateDict> {
    return StateDict.wrap(await callNative(() => this.native.state()));
  }

  /** Goes on from `state()`. Rejects with WEIGHTS_MISMATCH when it is that of another model or optimizer. */
  loadState(state: StateDict): Promise<void> {
    return callNative(() => this.native.loadState(nativeOf(state, 'state', 'a StateDict')));
  }
}

guardReceivers(TrainingSession);
