/** Five steps on the device, in either layout, and on the CPU in PyTorch's plain one: losses, counts and weights. */
import { distance, scientific, train, trainPhases } from '../training.mjs';

/**
 * Relative. From ImageNet's weights real PyTorch against itself with other kernels stays below the first for ten steps. In
 * channels_last order, CUDA's default, BatchNorm's statistics are summed in another order too: the CPU's own two layouts are
 * 5e-5 apart after these steps, and ten times that is allowed.
 */
const TOLERANCES = { strided: 1e-4, fast: 5e-4 };
/** Random weights make much of little: the CPU's own two layouts are 1.4e-2 apart after the same steps. */
const RANDOM_TOLERANCE = 5e-2;

const NAMES = { strided: 'plain', fast: 'channels_last' };

export async function check(context) {
  const rows = [];
  for (const mode of ['finetune', 'extractor']) {
    for (const layout of ['strided', 'fast']) {
      const form = { mode, images: 20, batch: 4 };
      const here = await train(context, { ...form, model: { layout } });
      // The CPU against itself has to give the same bits, and so must have one layout.
      const reference = context.dry ? layout : 'strided';
      const there = await train({ ...context, device: 'cpu' }, { ...form, model: { layout: reference } });
      const [ours, cpu] = [trainPhases(here)[0], trainPhases(there)[0]];
      const loss = Math.abs(ours.loss - cpu.loss) / Math.abs(cpu.loss);
      const { name, relative } = await distance(there.file, here.file);
      const tolerance = context.weights === null && !context.dry ? RANDOM_TOLERANCE : TOLERANCES[layout];
      rows.push([
        mode,
        NAMES[layout],
        scientific(loss),
        `${scientific(relative)} (${name})`,
        scientific(tolerance),
        loss <= tolerance && relative <= tolerance ? 'passed' : 'FAILED',
      ]);
    }
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      "TF32 off. The mean loss of five batches of 4, and the weights and buffers after them, against the CPU's in the plain layout.",
      ...(context.weights === null
        ? ['From random weights: --weights FILE allows a narrower tolerance.']
        : []),
    ],
    tables: [
      { head: ['mode', 'layout', 'loss, relative', 'farthest tensor, relative', 'tolerance', ''], rows },
    ],
  };
}
