import type { Prediction } from './types';

/** The `count` most probable classes of one row; equals in the order of their indices. */
export function topK(row: Float32Array, classes: readonly string[], count: number): Prediction[] {
  return Array.from(row, (probability, index) => ({
    label: classes[index] ?? String(index),
    index,
    probability,
  }))
    .sort((left, right) => right.probability - left.probability || left.index - right.index)
    .slice(0, count);
}
