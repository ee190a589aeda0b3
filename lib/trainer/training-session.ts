import type { BatchMix } from '../data/batch-mix';
import type { ImageLoader } from '../data/image-loader';
import type { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { NativePhaseResult, NativeProgress, NativeTrainingSession, Phase } from '../native/types';
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
}

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
   */
  static create(options: {
    model: ResNet;
    optimizer: SGD | null;
    device: string;
    mix?: BatchMix & { seed?: number };
    labelSmoothing?: number;
  }): Promise<TrainingSession> {
    return callNative(async () => {
      const addon = await loadNative();
      return new TrainingSession(
        await addon.TrainingSession.create({
          model: options.model.native,
          optimizer: options.optimizer?.native ?? null,
          device: options.device,
          mix: {
            mixupAlpha: options.mix?.mixupAlpha ?? 0,
            cutmixAlpha: options.mix?.cutmixAlpha ?? 0,
            seed: options.mix?.seed ?? 0,
          },
          labelSmoothing: options.labelSmoothing ?? 0,
        }),
      );
    });
  }

  /**
   * One phase of one epoch. While it runs the model is leased: calls that would change it reject with MODEL_BUSY.
   * @param onProgress the latest figures, at most one call outstanding
   * @throws TorchwingError LOSS_NOT_FINITE before a bad gradient touches the weights, what the loader throws, and
   * what `onProgress` threw, which ends the phase after its current step
   */
  async runEpoch(
    options: RunEpochOptions,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<PhaseResult> {
    const { native } = this;
    const thrown: unknown[] = [];
    const listen = (progress: Progress) => {
      if (thrown.length > 0) return;
      try {
        onProgress(progress);
      } catch (error) {
        thrown.push(error);
        if (!this.disposed) native.stop();
      }
    };
    const result = await callNative(() =>
      native.runEpoch(
        {
          phase: options.phase,
          loader: options.loader.native,
          epoch: options.epoch,
          lr: options.lr,
          startStep: options.startStep ?? 0,
          maxSteps: options.maxSteps ?? -1,
        },
        listen,
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
}
