/**
 * The loss scaling of `fp16`, exactly: what PyTorch's GradScaler does about a step whose gradients overflow, about one
 * that they do not, and about the last of a long row of such. Operators behind it: `_amp_foreach_non_finite_check_and_unscale_`,
 * `_amp_update_scale_` and `_fused_sgd_` with `found_inf`. On a device the same holds of a recorded step.
 */
import { differing, LR, openLoader, openSession, setLossScale, tensorsOf } from '../session.mjs';

/** Steps before the first case: with graphs the step is recorded in them. */
const WARM_UP = 6;

/** `scale` as powers of two; no half-precision gradient survives the first one. */
const CASES = [
  { what: 'gradients overflow', before: [2 ** 40, 5], after: [2 ** 39, 0], made: false },
  { what: 'they do not', before: [2 ** 10, 5], after: [2 ** 10, 6], made: true },
  { what: 'nor in the 2,000th step in a row', before: [2 ** 10, 1999], after: [2 ** 11, 0], made: true },
];

export async function check(context) {
  const rows = [];
  for (const cudaGraph of context.dry ? [false] : [false, true]) {
    const session = await openSession(context, { precision: 'fp16', cudaGraph });
    const loader = await openLoader(context, { images: 4 * WARM_UP });
    await session.runEpoch({ phase: 'train', loader, epoch: 0, lr: LR });
    for (const { what, before, after, made } of CASES) {
      const [scale, growthTracker] = before;
      await setLossScale(session, context, { scale, growthTracker });
      const earlier = await tensorsOf(await session.state());
      await session.runEpoch({ phase: 'train', loader, epoch: 1, lr: LR, maxSteps: 1 });
      const later = await tensorsOf(await session.state());
      const found = [later.get('scaler.scale')[0], later.get('scaler.growth_tracker')[0]];
      const moved = differing(earlier, later, 'momentum.').length;
      const weights = differing(earlier, later).filter((name) =>
        /^model\..*(weight|bias)$/.test(name),
      ).length;
      const good =
        `${found}` === `${after}` && (made ? moved > 0 && weights > 0 : moved === 0 && weights === 0);
      rows.push([
        cudaGraph ? 'a graph' : 'operations',
        what,
        `${before.join(', ')}`,
        `${found.join(', ')}`,
        `${after.join(', ')}`,
        `${weights} and ${moved}`,
        good ? 'passed' : 'FAILED',
      ]);
    }
    session.close();
    loader.dispose();
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      'Precision fp16. Scale and steps without overflow, before one step and after it, to the bit. A step that is not made changes no weight and no momentum buffer.',
    ],
    tables: [
      {
        head: ['step as', 'case', 'before', 'after', 'expected', 'weights and momentum buffers changed', ''],
        rows,
      },
    ],
  };
}
