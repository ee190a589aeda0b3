/** Five steps on the device and on the CPU: losses, counts and weights. */
import { distance, scientific, train, trainPhases } from '../training.mjs';

/** Relative; real PyTorch against itself with other kernels stays below it for ten steps. */
const TOLERANCE = 1e-4;

export async function check(context) {
  const rows = [];
  let passed = true;
  for (const mode of ['finetune', 'extractor']) {
    const form = { mode, images: 20, batch: 4, model: { layout: 'strided' } };
    const here = await train(context, form);
    const there = await train({ ...context, device: 'cpu' }, form);
    const [ours, cpu] = [trainPhases(here)[0], trainPhases(there)[0]];
    const loss = Math.abs(ours.loss - cpu.loss) / Math.abs(cpu.loss);
    const { name, relative } = await distance(there.file, here.file);
    const good = loss <= TOLERANCE && relative <= TOLERANCE;
    passed &&= good;
    rows.push([
      mode,
      scientific(loss),
      `${scientific(relative)} (${name})`,
      scientific(TOLERANCE),
      good ? 'passed' : 'FAILED',
    ]);
  }
  return {
    passed,
    notes: ['TF32 off. The mean loss of five batches of 4, and the weights and buffers after them.'],
    tables: [{ head: ['mode', 'loss, relative', 'farthest tensor, relative', 'tolerance', ''], rows }],
  };
}
