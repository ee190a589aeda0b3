/**
 * The same run with CUDA graphs and without, in each precision: the same bits under `deterministic`, else within a tolerance. The
 * dry run has no graphs: it holds two runs without against each other.
 */
import { distance, missingOption, scientific, train } from '../training.mjs';

/**
 * Without `deterministic` cuDNN may choose other kernels in each run. From ImageNet's weights the CPU's own two layouts are apart
 * by 5e-5 in float32 and by 2e-3 in bf16 after five steps, and some ten times that is allowed after two epochs. In fp16
 * other kernels may let a step of the first ones overflow or not, which is 3e-2.
 */
const TOLERANCES = { fp32: 1e-3, bf16: 3e-2, fp16: 3e-2 };
/** From random weights five steps make 1.4e-2 in float32 and 5e-2 in 16 bits, on the CPU; bits then are the proof. */
const RANDOM_TOLERANCES = { fp32: 1e-1, bf16: 3e-1, fp16: 3e-1 };

/** What is trained, in the order of the table. */
function forms() {
  const kinds = missingOption('deterministic', true) === null ? [true, false] : [false];
  return ['finetune', 'extractor'].flatMap((mode) =>
    Object.keys(TOLERANCES).flatMap((precision) =>
      kinds.map((deterministic) => ({ mode, precision, deterministic })),
    ),
  );
}

export async function check(context) {
  const tolerances = context.weights === null ? RANDOM_TOLERANCES : TOLERANCES;
  const rows = [];
  for (const { mode, precision, deterministic } of forms()) {
    const form = {
      mode,
      precision,
      images: context.dry ? 14 : 86,
      batch: 4,
      epochs: 2,
      ...(deterministic ? { deterministic } : {}),
    };
    const eager = await train(context, form);
    const graphed = await train(context, context.dry ? form : { ...form, cudaGraph: true });
    const same = eager.sha256 === graphed.sha256;
    const { name, relative } = await distance(eager.file, graphed.file);
    const good = deterministic ? same : relative <= tolerances[precision];
    rows.push([
      mode,
      precision,
      deterministic ? 'on' : 'off',
      same ? 'the same bits' : `${scientific(relative)} (${name})`,
      deterministic ? 'to the bit' : scientific(tolerances[precision]),
      good ? 'passed' : 'FAILED',
    ]);
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      'Weights after two epochs with a short last batch.',
      ...(rows.some((row) => row[2] === 'on')
        ? []
        : ['This torchwing has no option "deterministic", so bits were not compared.']),
    ],
    tables: [{ head: ['mode', 'precision', 'deterministic', 'graph against steps', 'tolerance', ''], rows }],
  };
}
