import type { PrecisionChoice } from './types';

/** What `precision` can be, for training and for predictions. */
export const PRECISIONS = [
  'fp32',
  'tf32',
  'bf16',
  'fp16',
  'auto',
] as const satisfies readonly PrecisionChoice[];

export const DEFAULT_PRECISION = 'fp32';
