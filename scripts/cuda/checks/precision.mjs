/** Each precision trains, and comes as near to fp32 as its mantissa allows. */
import { missingOption, percent, train, trainPhases, valPhases } from '../training.mjs';

/** Of the training loss of the epoch, against fp32's, relative. */
const TOLERANCE = { fp32: 0, tf32: 0.02, bf16: 0.1, fp16: 0.05 };

export async function check(context) {
  const missing = missingOption('precision', 'bf16');
  if (missing !== null) return { notRun: `this torchwing has no option "precision": ${missing}` };
  // Half precision and TF32 are the device's; a CPU has bf16 at most.
  const modes = context.dry ? ['fp32', 'bf16'] : ['fp32', 'tf32', 'bf16', 'fp16'];
  const rows = [];
  let reference = null;
  for (const precision of modes) {
    const run = await train(context, { images: context.dry ? 12 : 120, batch: 4, epochs: 2, precision });
    const { loss } = trainPhases(run).at(-1);
    const { accuracy } = valPhases(run).at(-1);
    reference ??= loss;
    const apart = Math.abs(loss - reference) / reference;
    const good = Number.isFinite(loss) && apart <= TOLERANCE[precision];
    rows.push([
      precision,
      loss.toFixed(4),
      percent(apart),
      percent(TOLERANCE[precision]),
      percent(accuracy),
      good ? 'passed' : 'FAILED',
    ]);
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: ['The second epoch of a run of two.'],
    tables: [
      { head: ['precision', 'training loss', 'from fp32', 'tolerance', 'validation accuracy', ''], rows },
    ],
  };
}
