/** `deterministic`: the same run twice gives the same bits, with a short last batch, in each mode. */
import { missingOption, train } from '../training.mjs';

export async function check(context) {
  const missing = missingOption('deterministic', true);
  if (missing !== null) return { notRun: `this torchwing has no option "deterministic": ${missing}` };
  const rows = [];
  for (const mode of ['finetune', 'extractor']) {
    const form = { mode, images: 22, batch: 4, epochs: 2, deterministic: true };
    const [first, second] = [await train(context, form), await train(context, form)];
    rows.push([
      mode,
      first.sha256.slice(0, 12),
      second.sha256.slice(0, 12),
      first.sha256 === second.sha256 ? 'passed' : 'FAILED',
    ]);
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: ['SHA-256 of the weights after two epochs with a short last batch.'],
    tables: [{ head: ['mode', 'first', 'second', ''], rows }],
  };
}
