import type { PrecisionChoice } from '../config/types';
import type { Transform } from '../data/transforms';

/** An image to predict: a path, or the bytes of an image file (JPEG, PNG, TIFF, WebP, BMP or PNM). */
export type ImageInput = string | Uint8Array;

/** One class with the share that the model gives it. */
export interface Prediction {
  /** Class name. */
  label: string;
  /** Class index. */
  index: number;
  /** Softmax of the logits, 0..1. */
  probability: number;
}

export interface PredictorOptions {
  /** `auto` (default), `cpu`, `cuda` or `cuda:<index>`. */
  device?: string;
  /** What the model computes in, as `precision` of a TrainerConfig; probabilities are float32 in any case. Default `fp32`. */
  precision?: PrecisionChoice;
  /** CPU threads of LibTorch, process-wide. Default `auto`. */
  threads?: number | 'auto';
  /** Images per forward pass, default 32. */
  batchSize?: number;
  /** Decoding threads. Default 4, but no more than the free cores. */
  workers?: number;
  /** Class names in order, for a weight file without a record; in place of the record's otherwise. */
  classes?: readonly string[];
  /** Takes only the weights whose names begin with it, as `backbone.`; see `StateDict.read`. */
  weightsPrefix?: string;
  /** Preprocessing, in place of the record's. For a file without a record the default is the tutorial's at 224 pixels. */
  transforms?: readonly Transform[];
}

export interface PredictOptions {
  /** Classes per image, the most probable first. Default 5, or all when there are fewer. */
  topK?: number;
  /** In place of the predictor's. */
  batchSize?: number;
  /** Aborting it rejects with `signal.reason` before the next batch. */
  signal?: AbortSignal;
}
