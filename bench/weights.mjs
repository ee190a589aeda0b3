/**
 * Reading and writing weights against Python in the same run, sides in turn: `.pth` against torch.load (without mmap)
 * and torch.save plus fsync, safetensors against the official library. Prints time ratios (median, smallest, largest)
 * and the peak of extra memory per byte of the file. Exits with 1 where a bar for `.pth` is missed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { StateDict } from '../dist/index.mjs';
import { median, summarize } from './statistics.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const help = `npm run bench:weights -- --weights FILE [options]

  --weights FILE   a .pth
  --python FILE    interpreter with torch and safetensors (default $PYTHON or python3)
  --rounds N       pairs of processes per format (default 7)
  --repeats N      loads and saves in each process (default 5)
  --folder DIR     where to write (default: the system's temporary folder)

Example: npm run bench:weights -- --weights resnet18.pth`;

const { values: options } = parseArgs({
  options: {
    weights: { type: 'string' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    rounds: { type: 'string', default: '7' },
    repeats: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.weights) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}

/** Largest allowed time against Python's, and bytes of memory per byte of the file. */
const BARS = { time: 1.0, memory: 1.2 };
const folder = mkdtempSync(path.join(options.folder, 'torchwing-bench-'));
let missed = 0;

/** Only `.pth` has bars: the official library maps safetensors, so that its load reads nothing yet. */
function report(title, ratio, bar, detail) {
  const met = ratio.median <= bar;
  const judged = title.startsWith('pth');
  if (judged && !met) missed += 1;
  const range = `${ratio.median.toFixed(2)} [${ratio.min.toFixed(2)} ${ratio.max.toFixed(2)}]`;
  const verdict = judged ? `bar ${bar} ${met ? 'met' : 'MISSED'}` : '';
  console.log(`${title.padEnd(20)} ${range.padEnd(20)} ${verdict.padEnd(16)} ${detail}`);
}

function compare(format, file) {
  const args = [file, folder, format, options.repeats];
  const run = (command, script) =>
    JSON.parse(execFileSync(command, [path.join(here, script), ...args], { encoding: 'utf8' }));
  const sides = {
    ours: () => run(process.execPath, 'weights-side.mjs'),
    peer: () => run(options.python, 'peer_weights.py'),
  };
  const pairs = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const order = round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'];
    pairs.push(Object.fromEntries(order.map((name) => [name, sides[name]()])));
  }
  for (const figure of ['load', 'save']) {
    const ratio = summarize(pairs.map((pair) => pair.ours[figure] / pair.peer[figure]));
    const [ours, peer] = ['ours', 'peer'].map((name) => median(pairs.map((pair) => pair[name][figure])));
    report(`${format}: ${figure}`, ratio, BARS.time, `${ours.toFixed(1)} : ${peer.toFixed(1)} ms`);
  }
  const size = statSync(file).size;
  const memory = ['ours', 'peer'].map((name) => summarize(pairs.map((pair) => pair[name].extraBytes / size)));
  report(`${format}: memory`, memory[0], BARS.memory, `Python ${memory[1].median.toFixed(2)}`);
}

try {
  compare('pth', path.resolve(options.weights));
  const copy = path.join(folder, 'copy.safetensors');
  const state = await StateDict.read(options.weights);
  await state.save(copy);
  state.dispose();
  compare('safetensors', copy);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;
