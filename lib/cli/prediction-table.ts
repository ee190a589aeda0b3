import type { ImageResult } from './predict-each';

/** One line per image: its name, then each class with its probability, in columns. */
export function predictionTable(results: readonly ImageResult[]): string {
  const rows = results.map(({ image, predictions }) => [
    image,
    ...predictions.map(
      ({ label, probability }) => `${label} ${(100 * probability).toFixed(1).padStart(5)} %`,
    ),
  ]);
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
