/**
 * The whole tutorial job for several seeds in both modes, and a Markdown table of what each run reached. A run whose
 * folder already ends with an `end` event is not repeated, so an interrupted table can be finished later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'train.js');
const help = `npm run bench:accuracy -- --data FOLDER --weights FILE [options] [-- FLAGS]

  --data FOLDER     ImageFolder with train/ and val/
  --weights FILE    1,000-class ResNet-18 state_dict
  --seeds LIST      default 0,1,2
  --modes LIST      default extractor,finetune
  --output FOLDER   holds one run folder per mode and seed (default runs/accuracy)
  -- FLAGS          further flags for every run

Example: npm run bench:accuracy -- --data photos/hymenoptera_data --weights resnet18.pth --seeds 0,1,2`;

function readEvents(folder) {
  const file = path.join(folder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function train(folder, mode, seed, options, flags) {
  const args = [program, '--data', options.data, '--weights', options.weights, '--mode', mode];
  args.push('--seed', `${seed}`, '--output', folder, '--overwrite', ...flags);
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
}

function summarizeRun(mode, seed, events) {
  const epochs = events.filter((event) => event.type === 'epochEnd');
  const rate = (phase) => {
    const phases = events.filter((event) => event.type === 'phaseEnd' && event.phase === phase);
    return (
      phases.reduce((sum, { images }) => sum + images, 0) /
      phases.reduce((sum, { seconds }) => sum + seconds, 0)
    );
  };
  const end = events.at(-1);
  return {
    mode,
    seed,
    best: end.best.accuracy,
    bestEpoch: end.best.epoch,
    last: epochs.at(-1).val.accuracy,
    train: rate('train'),
    val: rate('val'),
    minutes: end.seconds / 60,
  };
}

const { values: options, positionals: flags } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    weights: { type: 'string' },
    seeds: { type: 'string', default: '0,1,2' },
    modes: { type: 'string', default: 'extractor,finetune' },
    output: { type: 'string', default: 'runs/accuracy' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.data || !options.weights) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}

const rows = [];
for (const mode of options.modes.split(',')) {
  for (const seed of options.seeds.split(',').map(Number)) {
    const folder = path.join(options.output, `${mode}-seed${seed}`);
    const finished = () => {
      const events = readEvents(folder);
      return events.at(-1)?.type === 'end' && events.at(-1).stopped === 'completed' ? events : null;
    };
    if (!finished()) train(folder, mode, seed, options, flags);
    rows.push(summarizeRun(mode, seed, finished()));
  }
}
console.log(
  '| mode | seed | best validation accuracy | at epoch | last epoch | train / val img/s | minutes |',
);
console.log('|---|---|---|---|---|---|---|');
for (const row of rows) {
  const rates = `${row.train.toFixed(1)} / ${row.val.toFixed(1)}`;
  console.log(
    `| ${row.mode} | ${row.seed} | ${row.best.toFixed(4)} | ${row.bestEpoch} | ${row.last.toFixed(4)} | ${rates} | ${row.minutes.toFixed(1)} |`,
  );
}
for (const mode of options.modes.split(',')) {
  const best = rows.filter((row) => row.mode === mode).map((row) => row.best);
  console.log(
    `\n${mode}: mean best validation accuracy ${(best.reduce((a, b) => a + b, 0) / best.length).toFixed(4)}`,
  );
}
