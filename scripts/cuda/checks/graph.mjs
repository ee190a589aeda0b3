/**
 * The same run with CUDA graphs and without: the same bits under `deterministic`, else within a tolerance. The dry run has
 * no graphs: it holds two runs without against each other.
 */
import { distance, missingOption, scientific, train } from '../training.mjs';

/** Without `deterministic` cuDNN may choose other kernels in each run. */
const TOLERANCE = 1e-3;

export async function check(context) {
  const rows = [];
  const kinds = missingOption('deterministic', true) === null ? [true, false] : [false];
  for (const mode of ['finetune', 'extractor']) {
    for (const deterministic of kinds) {
      const form = {
        mode,
        images: context.dry ? 22 : 86,
        batch: 4,
        epochs: 2,
        ...(deterministic ? { deterministic } : {}),
      };
      const eager = await train(context, form);
      const graphed = await train(context, context.dry ? form : { ...form, cudaGraph: true });
      const same = eager.sha256 === graphed.sha256;
      const { name, relative } = await distance(eager.file, graphed.file);
      const good = deterministic ? same : relative <= TOLERANCE;
      rows.push([
        mode,
        deterministic ? 'on' : 'off',
        same ? 'the same bits' : `${scientific(relative)} (${name})`,
        deterministic ? 'to the bit' : scientific(TOLERANCE),
        good ? 'passed' : 'FAILED',
      ]);
    }
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      'Weights after two epochs with a short last batch.',
      ...(kinds.length === 2
        ? []
        : ['This torchwing has no option "deterministic", so bits were not compared.']),
    ],
    tables: [{ head: ['mode', 'deterministic', 'graph against steps', 'tolerance', ''], rows }],
  };
}
