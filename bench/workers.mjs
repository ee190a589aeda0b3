/**
 * Whether loader workers slow the compute thread: training img/s of torchwing alone with 1, 2 and 4 workers, the counts
 * in turn. Prints per count the rate, its ratio to the best count's (formed within a round), and what an image cost per
 * stage, `wait` being the compute thread's wait for a batch.
 */
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTorchwing } from './run-side.mjs';
import { median, summarize } from './statistics.mjs';

const help = `npm run bench:workers -- --data FOLDER --weights FILE [options] [-- FLAGS]

  --data FOLDER     ImageFolder with train/ and val/
  --weights FILE    1,000-class ResNet-18 state_dict
  --modes LIST      default extractor,finetune
  --workers LIST    default 1,2,4
  --rounds N        runs of one epoch per count and mode (default 3)
  -- FLAGS          further flags for every run

Example: npm run bench:workers -- --data photos/hymenoptera_data --weights resnet18.pth`;

const { values: options, positionals: flags } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    weights: { type: 'string' },
    modes: { type: 'string', default: 'extractor,finetune' },
    workers: { type: 'string', default: '1,2,4' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || !options.data || !options.weights) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}

const counts = options.workers.split(',').map(Number);
const rounds = Number(options.rounds);

async function runRounds(mode) {
  /** Of each round, the run of each count. */
  const runs = [];
  for (let round = 0; round < rounds; round += 1) {
    const byCount = new Map();
    // Another count goes first in each round, so that a drift of the machine favours none.
    for (let turn = 0; turn < counts.length; turn += 1) {
      const workers = counts[(turn + round) % counts.length];
      const run = await runTorchwing({
        libtorch: process.env.LIBTORCH,
        mode,
        seed: 0,
        epochs: 1,
        data: path.resolve(options.data),
        weights: path.resolve(options.weights),
        extra: ['--workers', `${workers}`, ...flags],
      });
      byCount.set(workers, run);
      console.error(
        `${mode}: round ${round + 1}/${rounds}: ${workers} workers train ${run.train.toFixed(2)} img/s`,
      );
    }
    runs.push(byCount);
  }
  return runs;
}

function printTable(mode, runs) {
  const rateOf = (workers) => median(runs.map((round) => round.get(workers).train));
  const best = counts.reduce((one, other) => (rateOf(other) > rateOf(one) ? other : one));
  const stages = Object.keys(runs[0].get(best).trainMilliseconds);
  console.log(
    `\n| ${mode}, workers | training img/s | ratio to the best | smallest to largest | ms per image |`,
  );
  console.log('|---|---|---|---|---|');
  for (const workers of counts) {
    const ratio = summarize(runs.map((round) => round.get(workers).train / round.get(best).train));
    const costs = stages.map(
      (stage) =>
        `${stage} ${median(runs.map((round) => round.get(workers).trainMilliseconds[stage])).toFixed(2)}`,
    );
    console.log(
      `| ${workers} | ${rateOf(workers).toFixed(2)} | ${ratio.median.toFixed(2)} | ${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)} | ${costs.join(', ')} |`,
    );
  }
}

for (const mode of options.modes.split(',')) printTable(mode, await runRounds(mode));
console.log(`\n${availableParallelism()} cores, ${cpus()[0]?.model}, ${rounds} rounds, batch 4, fp32`);
