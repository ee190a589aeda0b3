/**
 * The input pipeline against torchvision's: one worker against Pillow in one process, and N workers against
 * `DataLoader` with N, sides in turn. Prints ratios: median, smallest, largest.
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

const rate = (command, args) => JSON.parse(execFileSync(command, args, { encoding: 'utf8' })).imagesPerSecond;
const peer = (phase, side, workers) =>
  rate(options.python, [path.join(here, 'peer_data.py'), options.data, phase, side, `${workers}`]);
const ours = (phase, workers) =>
  rate(process.execPath, [path.join(here, 'data-side.mjs'), options.data, phase, `${workers}`]);

const BARS = { train: 2.0, val: 1.8 };
const cases = ['train', 'val'].flatMap((phase) => [
  { phase, side: 'pillow', workers: 1, title: `${phase}: one worker : Pillow in one process` },
  ...options.workers.split(',').map((workers) => ({
    phase,
    side: 'dataloader',
    workers: Number(workers),
    title: `${phase}: ${workers} worker${workers === '1' ? '' : 's'} : DataLoader(num_workers=${workers})`,
  })),
]);
for (const { phase, side, workers, title } of cases) {
  const pairs = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const first = round % 2 === 0 ? ours(phase, workers) : peer(phase, side, workers);
    const second = round % 2 === 0 ? peer(phase, side, workers) : ours(phase, workers);
    pairs.push(round % 2 === 0 ? { ours: first, peer: second } : { ours: second, peer: first });
  }
  const ratio = summarize(pairs.map((pair) => pair.ours / pair.peer));
  const [left, right] = ['ours', 'peer'].map((name) => median(pairs.map((pair) => pair[name])).toFixed(0));
  const verdict = ratio.median >= BARS[phase] ? 'met' : 'MISSED';
  console.log(
    `${title.padEnd(48)} ${left} : ${right} img/s  ratio ${ratio.median.toFixed(2)} [${ratio.min.toFixed(2)} ${ratio.max.toFixed(2)}]  bar ${BARS[phase]} ${verdict}`,
  );
}
