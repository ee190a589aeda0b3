/**
 * A batch whose loss is NaN, in the midst of an epoch: the error names that step, weights, buffers and momentum are to the bit
 * those of the steps before it, the session trains on, and the epoch takes no longer than one without.
 */
import { createRequire } from 'node:module';
import { differing, LR, openLoader, openSession, tensorsOf } from '../session.mjs';
import { imageSize, percent } from '../training.mjs';

const require = createRequire(import.meta.url);
const { IMAGENET, transforms } = require('../../../dist/index.js');

const BATCH = 4;
const STEPS = 24;
/** Steps behind an epoch's first, so that a graph is recorded, and before its last. */
const MIDST = { first: 5, last: STEPS - 5 };
/** Epochs among which one with a bad step in its midst and two without one are looked for. */
const EPOCHS = 60;
/** Of the time of a good epoch: the epoch ends early at the most, so all that is longer is a wait. */
const TIME_TOLERANCE = 1.5;

/** Now and then a patch of an image becomes infinite by `normalize`; which ones, seed and epoch decide. */
const poisoned = (context) => [
  transforms.resize([imageSize(context), imageSize(context)]),
  transforms.toTensor(),
  transforms.randomErasing({ p: 1 / 96, value: 3e38 }),
  transforms.normalize(IMAGENET),
];

/** The first step of an epoch with an image that is not finite; null when there is none. */
async function firstBadStep(loader, epoch) {
  let bad = null;
  for await (const { images, labels, step } of loader.epoch(epoch)) {
    const numbers = await images.data();
    images.dispose();
    labels.dispose();
    if (bad === null && !numbers.every(Number.isFinite)) bad = step;
  }
  return bad;
}

/** @returns `{ good: [epoch, epoch], bad: { epoch, step } }` */
async function chooseEpochs(loader) {
  const good = [];
  let bad = null;
  for (let epoch = 0; epoch < EPOCHS && (good.length < 2 || bad === null); ++epoch) {
    const step = await firstBadStep(loader, epoch);
    if (step === null) good.push(epoch);
    else if (bad === null && step >= MIDST.first && step <= MIDST.last) bad = { epoch, step };
  }
  if (good.length < 2 || bad === null)
    throw new Error('no epochs were found with a bad step and without one');
  return { good, bad };
}

async function timed(work) {
  const begin = performance.now();
  const outcome = await work().then(
    () => 'it came to its end',
    (error) => (error.code === 'LOSS_NOT_FINITE' ? error.message : `${error.code}: ${error.message}`),
  );
  return { outcome, seconds: (performance.now() - begin) / 1000 };
}

/** What a session holds after the good steps of the bad epoch, told to stop before the bad one. */
async function expectedState(context, options, loader, { good, bad }) {
  const session = await openSession(context, options);
  await session.runEpoch({ phase: 'train', loader, epoch: good[0], lr: LR });
  await session.runEpoch({ phase: 'train', loader, epoch: good[1], lr: LR });
  await session.runEpoch({ phase: 'train', loader, epoch: bad.epoch, lr: LR, maxSteps: bad.step });
  const tensors = await tensorsOf(await session.state());
  session.close();
  return tensors;
}

export async function check(context) {
  const loader = await openLoader(context, {
    images: BATCH * STEPS,
    batch: BATCH,
    transforms: poisoned(context),
    // So that a step waits for the device and not for a photo.
    cache: { decoded: '1GB' },
  });
  const epochs = await chooseEpochs(loader);
  const plain = await openLoader(context, { images: BATCH, batch: BATCH });
  const rows = [];
  for (const cudaGraph of context.dry ? [false] : [false, true]) {
    // The CPU's layout `fast` makes zero of what is NaN behind a convolution, and its loss stays finite.
    const options = { deterministic: true, cudaGraph, layout: context.dry ? 'strided' : 'fast' };
    const expected = await expectedState(context, options, loader, epochs);
    const session = await openSession(context, options);
    const epoch = (number) => session.runEpoch({ phase: 'train', loader, epoch: number, lr: LR });
    await epoch(epochs.good[0]);
    const good = await timed(() => epoch(epochs.good[1]));
    const bad = await timed(() => epoch(epochs.bad.epoch));
    const apart = differing(expected, await tensorsOf(await session.state()));
    const after = await timed(() => session.runEpoch({ phase: 'train', loader: plain, epoch: 0, lr: LR }));
    session.close();
    const place = `training step ${epochs.bad.step} of epoch ${epochs.bad.epoch},`;
    const named = bad.outcome.includes(place);
    const ratio = bad.seconds / good.seconds;
    const quick = context.dry || ratio <= TIME_TOLERANCE;
    const on = after.outcome === 'it came to its end';
    rows.push([
      cudaGraph ? 'a graph' : 'operations',
      bad.outcome,
      `${epochs.bad.step}`,
      apart.length === 0 ? 'the same bits' : `${apart.length} differ, first ${apart[0]}`,
      percent(ratio),
      context.dry ? 'none in a dry run' : percent(TIME_TOLERANCE),
      on ? 'yes' : after.outcome,
      named && apart.length === 0 && quick && on ? 'passed' : 'FAILED',
    ]);
  }
  loader.dispose();
  plain.dispose();
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      'Under `deterministic`. An image of that batch is infinite. Weights, buffers and momentum are held against those of a session that was told to stop before that step. Time is of the whole epoch, in shares of an epoch before it without a bad step.',
    ],
    tables: [
      {
        head: ['step as', 'what was said', 'bad step', 'state before it', 'time', 'allowed', 'trains on', ''],
        rows,
      },
    ],
  };
}
