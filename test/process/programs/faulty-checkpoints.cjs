// One run that writes a checkpoint whenever it is asked to, while a single system call on that file fails: the first one of a
// kind, the second, the fourth and so on, until none is left. Prints a line of JSON per fault.
//   node faulty-checkpoints.cjs DATA OUTPUT ORDER      with test/process/faults preloaded
const { readdirSync } = require('node:fs');
const { setTimeout: pause } = require('node:timers/promises');
const { Trainer } = require('../../../dist/index.js');
const { damagedCheckpoints } = require('../faults/damaged-checkpoints.cjs');
const { openOrder } = require('../faults/order.cjs');

const [data, output, orderFile] = process.argv.slice(2);
const { arm, disarm } = openOrder(orderFile);

/** Pauses of 10 ms that a warning may take. */
const TURNS = 1000;

const FAULTS = [
  'open EACCES',
  'write ENOSPC',
  'write EIO',
  'write short',
  'fsync EIO',
  'rename EACCES',
  'rename EIO',
];

/** What no checkpoint may leave behind. */
const leftovers = () =>
  readdirSync(output)
    .filter((name) => name.startsWith('.checkpoint-'))
    .map((name) => `${name} is left`);

/** @param told codes of the run's warnings, which this empties */
async function loop(trainer, told, fault) {
  const [call, error] = fault.split(' ');
  const found = { fault, tried: 0, refused: 0, unheard: [], damaged: [] };
  for (let nth = 1; ; nth *= 2) {
    told.length = 0;
    arm(call, nth, error, 'checkpoint-', { once: true });
    const path = await trainer.checkpoint();
    const seen = disarm();
    found.damaged.push(...leftovers(), ...(await damagedCheckpoints(output)));
    if (seen < nth) return found;
    found.tried += 1;
    if (path === null) found.refused += 1;
    // What went wrong is said, behind the events that were there before it, and nothing is said of what did not.
    for (let turns = 0; path === null && told.length === 0 && turns < TURNS; turns += 1) await pause(10);
    if ((path === null) !== told.includes('CHECKPOINT_NOT_WRITTEN')) found.unheard.push(nth);
  }
}

async function main() {
  const trainer = new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 2, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    epochs: 1_000_000,
    threads: 1,
    device: 'cpu',
    output,
    checkpoint: { everySeconds: 0 },
  });
  const stop = new AbortController();
  const told = [];
  const started = new Promise((resolve) => {
    const fit = trainer.fit({
      signal: stop.signal,
      onProgress: () => resolve(),
      onWarning: ({ code }) => told.push(code),
    });
    fit.catch((error) => {
      if (error !== stop.signal.reason) throw error;
    });
  });
  await started;
  for (const fault of FAULTS) console.log(JSON.stringify(await loop(trainer, told, fault)));
  stop.abort(new Error('enough'));
  trainer.dispose();
}

main();
