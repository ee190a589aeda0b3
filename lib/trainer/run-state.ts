import type { Phase } from '../native/types';
import { BestEpoch } from './best-epoch';
import type { CheckpointRecord } from './checkpoint-record';
import type { PhaseMetrics } from './events';
import { NOTHING_COUNTED, type PhaseCounts } from './training-session';
import type { EpochSummary } from './types';

/** Where a run stands, between two steps. */
export interface RunPosition {
  epoch: number;
  phase: 'train' | 'val';
  /** The phase's next step. */
  step: number;
  /** What the phase has counted before it. */
  counts: PhaseCounts;
  /** The epoch's finished training phase and the rate that it trained with; null during that phase. */
  trained: { metrics: PhaseMetrics; lr: number } | null;
  /** Bytes of `metrics.jsonl` that tell of what was before the phase; 0 without a folder. */
  metricsBytes: number;
}

/** What became of losses that were not finite (`loss.onBadLoss`). */
export interface Rollbacks {
  made: number;
  /** Product of their factors on the learning rate; 1 without any. A schedule's own rate has it in it. */
  lrScale: number;
}

/** Images of a batch that each kind of phase computes at once, since memory ran out for more; 0: all. */
export type MicroBatch = Record<Phase, number>;

const WHOLE_BATCHES: MicroBatch = { train: 0, val: 0 };

/** What a run has come to so far, beside its tensors. Changed only between phases, and each time all at once. */
export class RunState {
  readonly history: EpochSummary[];
  best: BestEpoch;
  position: RunPosition;
  rollbacks: Rollbacks;
  microBatch: MicroBatch;

  /** @param before what a run that goes on had come to */
  constructor(before?: Pick<CheckpointRecord, 'history' | 'best' | 'position' | 'rollbacks' | 'microBatch'>) {
    this.history = [...(before?.history ?? [])];
    this.best = new BestEpoch(before?.best ?? null);
    this.position = before?.position ?? phaseStart(0, 'train');
    this.rollbacks = before?.rollbacks ?? { made: 0, lrScale: 1 };
    this.microBatch = { ...(before?.microBatch ?? WHOLE_BATCHES) };
  }

  /** Forgets what came after `before`. */
  takeBack(before: Pick<CheckpointRecord, 'history' | 'best'>): void {
    this.history.splice(0, this.history.length, ...before.history);
    this.best = new BestEpoch(before.best);
  }

  /** The last epoch whose training phase is over, null before the first; its validation figures once they are known. */
  latest(): { epoch: number | null; metrics: { accuracy: number; loss: number } | null } {
    const { epoch, phase } = this.position;
    const latest = phase === 'val' ? epoch : epoch - 1;
    const val = this.history.find((entry) => entry.epoch === latest)?.val;
    return {
      epoch: latest < 0 ? null : latest,
      metrics: val === undefined ? null : { accuracy: val.accuracy, loss: val.loss },
    };
  }
}

/** The position before the first step of a phase. */
export function phaseStart(
  epoch: number,
  phase: RunPosition['phase'],
  { trained = null, metricsBytes = 0 }: Partial<Pick<RunPosition, 'trained' | 'metricsBytes'>> = {},
): RunPosition {
  return { epoch, phase, step: 0, counts: NOTHING_COUNTED, trained, metricsBytes };
}
