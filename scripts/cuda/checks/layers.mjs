/**
 * One step through the whole network in channels_last order, which is the default on CUDA, and in 16 bits by autocast, against the CPU's
 * float32 in PyTorch's plain layout: convolution, BatchNorm with the batch's and with stored statistics, poolings, and
 * all gradients.
 */
import { LR, openLoader, openSession, setLossScale, tensorsOf } from '../session.mjs';
import { relativeDistance, scientific } from '../training.mjs';

/**
 * In 16 bits: how many times the distance of the CPU's own 16 bits from float32, tensor by tensor. Both round at the same
 * places, behind sums in another order: an error of the same size in other digits.
 */
const ROUNDING_TOLERANCE = 4;
/** Below this a distance of the CPU's is luck: half of the last digit. */
const ROUNDING_LEAST = { bf16: 2 ** -9, fp16: 2 ** -12 };

/** A random head's first gradients overflow under the scale that training begins with, and the step is not made. */
const LOW_SCALE = { scale: 128, growthTracker: 0 };

/**
 * Each with its tolerance, relative, for float32 in channels_last order: sums of the same products in another order. The CPU's own two
 * layouts are 3e-6 apart, and up to 8e-3 in gradients, of which a ReLU or a pooling that decides otherwise moves whole parts.
 */
const FIGURES = [
  { figure: 'training loss', tolerance: 1e-4 },
  { figure: 'gradients', tolerance: 3e-2 },
  { figure: 'running statistics', tolerance: 1e-4 },
  { figure: 'validation loss', tolerance: 1e-4 },
];

/** One step, and a look at the same photos in evaluation, which BatchNorm's stored statistics are for. */
async function oneStep(context, options) {
  const session = await openSession(context, options);
  if (options.precision === 'fp16') await setLossScale(session, context, LOW_SCALE);
  const loader = await openLoader(context, { images: 16, batch: 16 });
  const train = await session.runEpoch({ phase: 'train', loader, epoch: 0, lr: LR });
  const tensors = await tensorsOf(await session.state());
  const val = await session.runEpoch({ phase: 'val', loader, epoch: 0, lr: LR });
  session.close();
  loader.dispose();
  // The first momentum is the gradient, without a loss scale.
  const ofKind = (kind) => new Map([...tensors].filter(([name]) => kind.test(name)));
  return [
    new Map([['loss', [train.lossSum]]]),
    ofKind(/^momentum\./),
    ofKind(/^model\..*running/),
    new Map([['loss', [val.lossSum]]]),
  ];
}

/** For each of FIGURES the distances by tensor. */
const distances = (expected, found) =>
  expected.map(
    (tensors, at) =>
      new Map([...tensors].map(([name, values]) => [name, relativeDistance(values, found[at].get(name))])),
  );

/** The largest of each, as a share of what `units` has for that tensor. */
const farthest = (apart, unitOf = () => 1) =>
  apart.map((tensors, at) =>
    Math.max(...[...tensors].map(([name, distance]) => distance / unitOf(at, name))),
  );

export async function check(context) {
  const cpu = { ...context, device: 'cpu' };
  const reference = await oneStep(cpu, { layout: 'strided' });
  const rows = [];
  const judge = (what, found, unit, allowed) => {
    for (const [at, { figure, tolerance: ofFloat32 }] of FIGURES.entries()) {
      const tolerance = allowed ?? ofFloat32;
      const good = found[at] <= tolerance;
      rows.push([
        what,
        figure,
        scientific(found[at]),
        scientific(tolerance),
        unit,
        good ? 'passed' : 'FAILED',
      ]);
    }
  };
  const layout = distances(reference, await oneStep(context, {}));
  judge('channels_last', farthest(layout), 'relative', null);
  for (const precision of ['bf16', 'fp16']) {
    const own = distances(reference, await oneStep(cpu, { precision }));
    const apart = distances(reference, await oneStep(context, { precision }));
    const unitOf = (at, name) => Math.max(own[at].get(name), ROUNDING_LEAST[precision]);
    judge(precision, farthest(apart, unitOf), "the CPU's rounding", ROUNDING_TOLERANCE);
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      "The farthest tensor after one step on 16 photos from the CPU's in float32 and PyTorch's plain layout; TF32 off.",
      "In 16 bits the distance is in units of what the CPU's own 16 bits are off in that tensor.",
    ],
    tables: [{ head: ['model', 'of', 'difference', 'tolerance', 'in units of', ''], rows }],
  };
}
