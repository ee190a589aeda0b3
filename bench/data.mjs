/**
 * The input pipeline against torchvision's: images per CPU second (all threads of the process together, so per core)
 * against Pillow in one process, and images per second of N workers against `DataLoader` with N, each over one epoch
 * with its start-up, sides in turn. Prints ratios: median, smallest, largest.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, summarize } from './statistics.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const help = `npm run bench:data -- --data FOLDER [options]

  --data FOLDER    ImageFolder with train/ and val/
  --python FILE    interpreter with torch and torchvision (default $PYTHON or python3)
  --rounds N       pairs per figure (default 5)
  --workers LIST   worker counts against DataLoader (default 1,2,4)

Example: npm run bench:data -- --data photos/hymenoptera_data`;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    rounds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '1,2,4' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.data) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}

const figures = (command, args) => JSON.parse(execFileSync(command, args, { encoding: 'utf8' }));
const peer = ({ phase, side, workers }) =>
  figures(options.python, [path.join(here, 'peer_data.py'), options.data, phase, side, `${workers}`]);
const ours = ({ phase, workers }) =>
  figures(process.execPath, [path.join(here, 'data-side.mjs'), options.data, phase, `${workers}`]);

const BARS = { train: 2.0, val: 1.8 };
const cases = ['train', 'val'].flatMap((phase) => [
  {
    phase,
    side: 'pillow',
    workers: 1,
    figure: 'imagesPerCpuSecond',
    title: `${phase}: per core : Pillow in one process`,
  },
  ...options.workers.split(',').map((workers) => ({
    phase,
    side: 'dataloader',
    workers: Number(workers),
    figure: 'imagesPerSecond',
    title: `${phase}: ${workers} worker${workers === '1' ? '' : 's'} : DataLoader(num_workers=${workers})`,
  })),
]);
let missed = 0;
for (const one of cases) {
  const { phase, figure, title } = one;
  const pairs = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const sides = { ours, peer };
    const order = round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'];
    pairs.push(Object.fromEntries(order.map((name) => [name, sides[name](one)])));
  }
  const ratio = summarize(pairs.map((pair) => pair.ours[figure] / pair.peer[figure]));
  const [left, right] = ['ours', 'peer'].map((name) =>
    median(pairs.map((pair) => pair[name][figure])).toFixed(0),
  );
  const met = ratio.median >= BARS[phase];
  if (!met) missed += 1;
  const stages = Object.keys(pairs[0].ours.milliseconds)
    .map((stage) => `${stage} ${median(pairs.map((pair) => pair.ours.milliseconds[stage])).toFixed(2)}`)
    .join(', ');
  console.log(
    `${title.padEnd(48)} ${left} : ${right} img/s  ratio ${ratio.median.toFixed(2)} [${ratio.min.toFixed(2)} ${ratio.max.toFixed(2)}]  bar ${BARS[phase]} ${met ? 'met' : 'MISSED'}`,
  );
  console.log(`  ms per image: ${stages}`);
}
process.exitCode = missed === 0 ? 0 : 1;
