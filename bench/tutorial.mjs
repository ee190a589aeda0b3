/**
 * torchwing against the Python tutorial: same photos, same weights, same settings, same LibTorch build, the two sides
 * in turn. Prints, per scenario, each figure's ratio pair by pair: median, smallest, largest.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPeer, runTorchwing } from './run-side.mjs';
import { median, summarize } from './statistics.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const help = `npm run bench -- --data FOLDER --weights FILE [options]

  --data FOLDER     ImageFolder with train/ and val/ (the ants/bees photos for the published figures)
  --weights FILE    1,000-class ResNet-18 state_dict, read by both sides
  --peer FILE       the Python side (default bench/peer.py); same arguments and RESULT line
  --python FILE     interpreter with torch and torchvision; torchwing runs on that torch's LibTorch (default $PYTHON or python3)
  --mode MODE       finetune, extractor or both (default both)
  --rounds N        pairs per mode (default 5)
  --epochs N        epochs per run (default 1)
  --workers LIST    worker counts the peer may choose its best from (default 0,2,4)
  --first-step      measure only the time to the first step: each run is ended there
  --json            one JSON object instead of the table
  -- FLAGS          further flags for torchwing's side, for example -- --layout strided

Example: npm run bench -- --data photos/hymenoptera_data --weights resnet18.pth --rounds 5`;

/** Figure, how the ratio is formed (above 1 is better for us, but for memory), and the bar it is held against. */
const FIGURES = [
  {
    key: 'train',
    title: 'training img/s',
    ratio: (ours, peer) => ours / peer,
    bar: { finetune: 1.1, extractor: 1.15 },
  },
  {
    key: 'val',
    title: 'validation img/s',
    ratio: (ours, peer) => ours / peer,
    bar: { finetune: 1.2, extractor: 1.2 },
  },
  {
    key: 'firstStep',
    title: 'first step, times sooner',
    ratio: (ours, peer) => peer / ours,
    bar: { finetune: 2, extractor: 2 },
  },
  {
    key: 'memory',
    title: 'peak memory (PSS)',
    ratio: (ours, peer) => ours / peer,
    bar: { finetune: 0.6, extractor: 0.6 },
    atMost: true,
  },
];

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      weights: { type: 'string' },
      peer: { type: 'string', default: path.join(here, 'peer.py') },
      python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
      mode: { type: 'string', default: 'both' },
      rounds: { type: 'string', default: '5' },
      epochs: { type: 'string', default: '1' },
      workers: { type: 'string', default: '0,2,4' },
      'first-step': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  if (!values.data || !values.weights) {
    console.error(`--data and --weights are needed.\n\n${help}`);
    process.exit(2);
  }
  return {
    ...values,
    data: path.resolve(values.data),
    weights: path.resolve(values.weights),
    peer: path.resolve(values.peer),
    modes: values.mode === 'both' ? ['finetune', 'extractor'] : [values.mode],
    rounds: Number(values.rounds),
    epochs: Number(values.epochs),
    workers: values.workers.split(',').map(Number),
    firstStepOnly: values['first-step'],
    extra: positionals,
  };
}

/** The folder of the torch that `python` imports, found without importing it: both sides then run one LibTorch build. */
function libtorchOf(python) {
  const find = "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('torch').origin))";
  return execFileSync(python, ['-c', find], { encoding: 'utf8' }).trim();
}

async function benchMode(mode, options, libtorch, say) {
  const { data, weights, epochs, firstStepOnly } = options;
  const shared = { mode, seed: 0, epochs, data, weights, firstStepOnly };
  const describe = ({ train, firstStep }) =>
    firstStepOnly
      ? `takes its first step after ${firstStep.toFixed(2)} s`
      : `trains ${train.toFixed(2)} img/s`;
  const isBetter = (one, other) =>
    firstStepOnly ? one.firstStep < other.firstStep : one.train > other.train;
  const peer = (workers) => runPeer({ ...shared, python: options.python, script: options.peer, workers });
  const ours = () => runTorchwing({ ...shared, libtorch, extra: options.extra });

  const tried = [];
  for (const workers of options.workers) {
    tried.push({ workers, ...(await peer(workers)) });
    say(`${mode}: the peer with ${workers} workers ${describe(tried.at(-1))}`);
  }
  const workers = tried.reduce((best, other) => (isBetter(other, best) ? other : best)).workers;
  const pairs = [];
  for (let round = 0; round < options.rounds; round += 1) {
    // The side that goes first changes, so that a drift of the machine favours neither.
    const [first, second] = round % 2 === 0 ? [ours, () => peer(workers)] : [() => peer(workers), ours];
    const results = [await first(), await second()];
    pairs.push(
      round % 2 === 0 ? { ours: results[0], peer: results[1] } : { ours: results[1], peer: results[0] },
    );
    const { ours: o, peer: p } = pairs.at(-1);
    const title = `${mode}: round ${round + 1}/${options.rounds}`;
    say(`${title}: torchwing ${describe(o)}, the peer ${describe(p)}`);
  }
  const figures = FIGURES.filter(({ key }) => !firstStepOnly || key === 'firstStep').map(
    ({ key, title, ratio, bar, atMost }) => {
      const ratios = summarize(pairs.map((pair) => ratio(pair.ours[key], pair.peer[key])));
      const met = atMost ? ratios.median <= bar[mode] : ratios.median >= bar[mode];
      const side = (name) => median(pairs.map((pair) => pair[name][key]));
      return { key, title, ours: side('ours'), peer: side('peer'), ratio: ratios, bar: bar[mode], met };
    },
  );
  return { mode, peerWorkers: workers, rounds: options.rounds, figures };
}

function printTable({ mode, peerWorkers, rounds, figures }) {
  console.log(
    `\n${mode}, batch 4, fp32, ${rounds} rounds, the peer with its best of workers: ${peerWorkers}`,
  );
  console.log(
    `${'figure'.padEnd(26)}${'torchwing'.padStart(11)}${'Python'.padStart(11)}   ratio  [min   max]   bar`,
  );
  for (const { key, title, ours, peer, ratio, bar, met } of figures) {
    const shown = (value) =>
      (key === 'memory' ? `${(value / 2 ** 20).toFixed(0)} MiB` : value.toFixed(2)).padStart(11);
    const range = `[${ratio.min.toFixed(2)}  ${ratio.max.toFixed(2)}]`;
    console.log(
      `${title.padEnd(26)}${shown(ours)}${shown(peer)}   ${ratio.median.toFixed(2)}   ${range}   ${bar} ${met ? 'met' : 'MISSED'}`,
    );
  }
}

const options = readOptions();
const say = (line) => console.error(line);
const libtorch = libtorchOf(options.python);
const results = [];
for (const mode of options.modes) {
  results.push(await benchMode(mode, options, libtorch, say));
  if (!options.json) printTable(results.at(-1));
}
if (options.json)
  console.log(JSON.stringify({ cpu: cpus()[0]?.model, cores: cpus().length, results }, null, 2));
