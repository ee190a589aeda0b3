import type { DeviceMemory } from '../native/types';

/** What a run tells the world: one discriminated union, delivered to callbacks, `stream()`, `--json` and metrics.jsonl. */

interface EventBase {
  /** Version of this form. */
  v: 1;
  runId: string;
  /** ISO 8601, UTC. */
  time: string;
}

export interface PhaseMetrics {
  /** Mean cross-entropy over the phase's images; the string 'NaN', 'Infinity' or '-Infinity' in JSON when not finite. */
  loss: number;
  /** Share of images whose top-1 class is right, 0..1; of a mixed image (`data.mix`) the class with the larger share is. */
  accuracy: number;
  seconds: number;
  imagesPerSecond: number;
}

/** Seconds per stage of the input pipeline, summed over the workers; `wait` is the compute thread's. */
export interface StageCosts {
  read: number;
  decode: number;
  resize: number;
  otherTransforms: number;
  wait: number;
}

/** At the end of a phase, in bytes. */
export interface PhaseMemory {
  /** Physical memory of the whole process, libraries included; null where the system does not tell. */
  resident: number | null;
  /** Of the device, by everything of this process that uses it; null on the CPU. */
  device: DeviceMemory | null;
}

export interface StartEvent extends EventBase {
  type: 'start';
  config: unknown;
  classes: string[];
  counts: { train: number; val: number };
  device: string;
  threads: number;
  workers: number;
  versions: { torchwing: string; libtorch: string; node: string; cpuCapability: string };
  /** Of a run that goes on: the checkpoint, and the step that is next. */
  resumed?: { from: string; epoch: number; phase: 'train' | 'val'; step: number };
}
export interface ProgressEvent extends EventBase {
  type: 'progress';
  phase: 'train' | 'val';
  /** 0-based. */
  epoch: number;
  epochs: number;
  /** Steps done and steps of the phase. */
  step: number;
  steps: number;
  images: number;
  loss: number;
  accuracy: number;
  imagesPerSecond: number;
  /** Estimated seconds to the end of the phase. */
  secondsLeft: number;
}
export interface PhaseEndEvent extends EventBase, PhaseMetrics {
  type: 'phaseEnd';
  phase: 'train' | 'val';
  epoch: number;
  epochs: number;
  images: number;
  /** Images left out because they could not be decoded (`onBadImage: 'skip'`). */
  skipped: number;
  costs: StageCosts;
  /** Images of the phase that the cache gave decoded (`data.cache.decoded`), and the bytes of pixels that it holds. */
  cache: { hits: number; bytes: number };
  memory: PhaseMemory;
}
export interface EpochEndEvent extends EventBase {
  type: 'epochEnd';
  epoch: number;
  epochs: number;
  /** Learning rate that this epoch trained with. */
  lr: number;
  train: PhaseMetrics;
  val: PhaseMetrics;
  best: { epoch: number; accuracy: number };
  /** Whether this epoch is the new best: strictly greater accuracy. */
  improved: boolean;
}
export interface CheckpointEvent extends EventBase {
  type: 'checkpoint';
  epoch: number;
  path: string;
  /** Weights of the best or of the last epoch; or, `resume`, all that a run needs to go on. */
  kind: 'best' | 'last' | 'resume';
}
export interface WarningEvent extends EventBase {
  type: 'warning';
  /** Stable, for example CUDA_UNUSED or HEAD_REPLACED. */
  code: string;
  message: string;
  hint?: string;
}
export interface EndEvent extends EventBase {
  type: 'end';
  stopped: 'completed' | 'aborted' | 'timeLimit' | 'earlyStop';
  best: { epoch: number; accuracy: number; loss: number } | null;
  seconds: number;
}

export type TrainerEvent =
  | StartEvent
  | ProgressEvent
  | PhaseEndEvent
  | EpochEndEvent
  | CheckpointEvent
  | WarningEvent
  | EndEvent;
