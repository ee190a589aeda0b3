/**
 * What a checkpoint every 50 training steps costs: blocks of 50 steps with one checkpoint and without any, in turn, in one
 * process. Prints the ratio of their seconds, formed within each pair, and the parts of the cost: how long the compute
 * thread stands still for the copy, and what the writing takes of the CPU.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { summarize } from './statistics.mjs';

const {
  IMAGENET,
  ImageLoader,
  ResNet,
  SGD,
  StateDict,
  TrainingSession,
  scanImageFolder,
  transforms: T,
} = createRequire(import.meta.url)('../dist/index.js');

const help = `npm run bench:checkpoint -- --data FOLDER --weights FILE [options]

  --data FOLDER     ImageFolder with train/, 200 images or more
  --weights FILE    1,000-class ResNet-18 state_dict
  --modes LIST      default finetune,extractor
  --pairs N         pairs of blocks per mode (default 5)`;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    weights: { type: 'string' },
    modes: { type: 'string', default: 'finetune,extractor' },
    pairs: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.data || !options.weights) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}

const STEPS = 50;
const PIPELINE = [T.randomResizedCrop(224), T.randomHorizontalFlip(), T.toTensor(), T.normalize(IMAGENET)];

async function makeSession(mode) {
  const model = await ResNet.create({ arch: 'resnet18', classes: 1000, seed: 0 });
  const state = await StateDict.read(options.weights);
  await model.loadStateDict(state);
  state.dispose();
  await model.replaceHead(2);
  await model.setTrainable(mode === 'extractor' ? 'head' : 'all');
  const optimizer = await SGD.create(model, { lr: 1e-3, momentum: 0.9 });
  const { images } = await scanImageFolder(path.join(options.data, 'train'));
  const loader = await ImageLoader.create({
    samples: images,
    transforms: PIPELINE,
    batchSize: 4,
    shuffle: true,
  });
  const session = await TrainingSession.create({ model, optimizer, device: 'cpu' });
  await session.snapshotBest();
  return { session, loader };
}

/** Seconds of one block; with `file` one checkpoint is taken behind its first step and written beside the others. */
async function runBlock({ session, loader }, epoch, file) {
  let written = Promise.resolve();
  let writing = false;
  if (file !== null) session.requestSnapshot();
  const { seconds } = await session.runEpoch(
    { phase: 'train', loader, epoch, lr: 1e-3, maxSteps: STEPS },
    () => {},
    async (_position, state) => {
      writing = true;
      written = state.saveCheckpoint(file, '{}').finally(() => {
        writing = false;
        state.dispose();
      });
      await written;
    },
  );
  if (writing)
    console.error(
      'A checkpoint was still being written when its block ended: its cost is not all in the ratio.',
    );
  await written;
  return seconds;
}

/** Of one checkpoint with nothing beside it: seconds of the copy, and CPU seconds of the writing. */
async function partsOfCost({ session }, file) {
  const copies = [];
  const writes = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const begin = performance.now();
    const state = await session.state();
    copies.push((performance.now() - begin) / 1000);
    const before = process.cpuUsage();
    await state.saveCheckpoint(file, '{}');
    const { user, system } = process.cpuUsage(before);
    writes.push((user + system) / 1e6);
    state.dispose();
  }
  return { copy: summarize(copies), write: summarize(writes), bytes: statSync(file).size };
}

const folder = mkdtempSync(path.join(tmpdir(), 'torchwing-bench-'));
const file = path.join(folder, 'checkpoint.pth');
const text = ({ median, min, max }, digits) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
try {
  console.log('| | with / without, seconds of 50 steps | copy, ms | writing, CPU ms | of 50 steps | file |');
  console.log('|---|---|---|---|---|---|');
  for (const mode of options.modes.split(',')) {
    const run = await makeSession(mode);
    await runBlock(run, 0, null);
    const ratios = [];
    const plain = [];
    for (let pair = 0; pair < Number(options.pairs); pair += 1) {
      const seconds = {};
      // The other one goes first in each pair, so that a drift of the machine favours neither.
      for (const turn of pair % 2 === 0 ? ['without', 'with'] : ['with', 'without'])
        seconds[turn] = await runBlock(run, pair + 1, turn === 'with' ? file : null);
      plain.push(seconds.without);
      ratios.push(seconds.with / seconds.without);
      console.error(`${mode}: ${seconds.with.toFixed(2)} s with, ${seconds.without.toFixed(2)} s without`);
    }
    const { copy, write, bytes } = await partsOfCost(run, file);
    const inMilliseconds = ({ median, min, max }) => ({
      median: median * 1e3,
      min: min * 1e3,
      max: max * 1e3,
    });
    // The copy holds every thread up, the writing one of them.
    const share = (copy.median + write.median / availableParallelism()) / summarize(plain).median;
    console.log(
      `| ${mode} | ${text(summarize(ratios), 3)} | ${text(inMilliseconds(copy), 0)} | ${text(inMilliseconds(write), 0)} | ${(100 * share).toFixed(2)} % | ${(bytes / 1e6).toFixed(0)} MB |`,
    );
    run.session.dispose();
    run.loader.dispose();
  }
  console.log(
    `\n${availableParallelism()} cores, ${cpus()[0]?.model}, ${options.pairs} pairs, batch 4, 224 px`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
