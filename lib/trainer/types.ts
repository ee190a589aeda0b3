import type { DownloadProgress } from '../download/types';
import type {
  CheckpointEvent,
  EndEvent,
  EpochEndEvent,
  PhaseEndEvent,
  PhaseMetrics,
  ProgressEvent,
  StartEvent,
  TrainerEvent,
  WarningEvent,
} from './events';

import type { PreflightProgress } from './preflight';

/** A listener is awaited before training goes on; what it throws stops training and rejects `fit()`. */
type Listener<Event> = (event: Event) => unknown;

/**
 * Where a run goes on: `auto`, the newest good checkpoint of the folder `output`, or from the start when there is none; or
 * the path of a checkpoint. A run with another configuration or other data is refused unless `allowChanges` is set.
 */
export type ResumeOption = string | { from: string; allowChanges?: boolean };

export interface FitOptions {
  /**
   * Aborting it stops training within one step and rejects `fit()` with `signal.reason`, behind the callbacks of the event `end`; for
   * these nobody waits when an earlier callback has not come back, or longer than 30 seconds.
   */
  signal?: AbortSignal;
  /** How far preflight is, some times a second, before the first event; not awaited. What it throws rejects `fit()`. */
  onPreflight?: ((progress: PreflightProgress) => void) | undefined;
  /**
   * How far the download of published weights or of a published data set is, some times a second, before the first
   * event; not called when nothing has to be downloaded. Not awaited; what it throws rejects `fit()`.
   */
  onDownload?: ((progress: DownloadProgress) => void) | undefined;
  /** Goes on from a checkpoint at the very step, instead of training from the start. */
  resume?: ResumeOption | undefined;
  /** Every event, before the callback of its own kind. */
  onEvent?: Listener<TrainerEvent>;
  onStart?: Listener<StartEvent>;
  /** The latest progress: while one call is awaited, older progress is dropped. Training does not wait for it. */
  onProgress?: Listener<ProgressEvent>;
  onPhaseEnd?: Listener<PhaseEndEvent>;
  onEpochEnd?: Listener<EpochEndEvent>;
  onCheckpoint?: Listener<CheckpointEvent>;
  onWarning?: Listener<WarningEvent>;
  onEnd?: Listener<EndEvent>;
}

/** One finished epoch. */
export interface EpochSummary {
  /** 0-based. */
  epoch: number;
  /** Learning rate that this epoch trained with. */
  lr: number;
  train: PhaseMetrics;
  val: PhaseMetrics;
}

export interface FitResult {
  /** The epoch with the highest validation accuracy, the first of equals; null when none was above 0. */
  best: { epoch: number; accuracy: number; loss: number } | null;
  /** Null when the time limit came before the end of the first epoch. */
  last: EpochSummary | null;
  history: EpochSummary[];
  /** None when the time limit came before a new run had read its data. */
  classes: string[];
  stopped: EndEvent['stopped'];
  /** Wall-clock time of the whole fit, preparation included. */
  seconds: number;
}
