// A run that goes on again and again in one folder while the n-th system call on one of its files fails, for every n until
// none is left. Prints one line of JSON per attempt.
//   node faulty-run.cjs DATA OUTPUT ORDER      with test/process/faults preloaded
const { readdirSync, rmSync } = require('node:fs');
const { Trainer } = require('../../../dist/index.js');
const { openOrder } = require('../faults/order.cjs');

const [data, output, orderFile] = process.argv.slice(2);
/** What preflight found out; it is written only where it is not there yet. */
const CACHE = process.env.XDG_CACHE_HOME;

const { arm, disarm } = openOrder(orderFile);

let epochs = 1;

async function attempt() {
  const trainer = new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 4, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    epochs,
    device: 'cpu',
    output,
    checkpoint: { everyEpochs: 1 },
  });
  const told = { outcome: 'completed', warnings: [], resumed: null };
  try {
    await trainer.fit({
      resume: { from: 'auto', allowChanges: true },
      onStart: ({ resumed }) => {
        told.resumed = resumed?.epoch ?? null;
      },
      onWarning: ({ code }) => told.warnings.push(code),
    });
  } catch (error) {
    told.outcome = error.code ?? String(error);
  } finally {
    trainer.dispose();
  }
  if (told.outcome === 'completed' && !told.warnings.includes('CHECKPOINT_NOT_WRITTEN')) epochs += 1;
  return told;
}

/** Files that no run may leave behind. */
const leftovers = () => readdirSync(output).filter((name) => /tmp|lock/.test(name));

const FAULTS = [
  ...['open EACCES', 'fsync EIO', 'rename EIO', 'rename EACCES'].map((fault) => [fault, 'checkpoint-']),
  ...['open EACCES', 'write ENOSPC', 'write short', 'fsync EIO'].map((fault) => [fault, 'metrics.jsonl']),
  ...['open EACCES', 'write ENOSPC', 'write short', 'fsync EIO', 'rename EIO'].map((fault) => [
    fault,
    'config.json',
  ]),
  ...['fsync EIO'].map((fault) => [fault, output]),
  ...['open EACCES', 'write ENOSPC', 'write short', 'rename EIO'].map((fault) => [fault, CACHE]),
];
/** A checkpoint has hundreds of writes: some of them here; native/test/io cuts a small file off at every size. */
const SAMPLED = [
  ['write ENOSPC', 'checkpoint-', [1, 2, 150, 290]],
  ['write short', 'checkpoint-', [1, 100]],
  ['read EIO', 'checkpoint-', [1, 2, 40]],
];

async function main() {
  const say = (line) => console.log(JSON.stringify(line));
  say({ fault: 'none', match: '', nth: 0, seen: 0, ...(await attempt()), leftovers: leftovers() });
  const one = async (fault, match, nth) => {
    const [call, error] = fault.split(' ');
    if (match === CACHE) rmSync(CACHE, { recursive: true, force: true });
    arm(call, nth, error, match);
    const told = await attempt();
    const seen = disarm();
    say({ fault, match, nth, seen, ...told, leftovers: leftovers() });
    return seen;
  };
  for (const [fault, match] of FAULTS) {
    for (let nth = 1; (await one(fault, match, nth)) >= nth; nth += 1);
  }
  for (const [fault, match, numbers] of SAMPLED) for (const nth of numbers) await one(fault, match, nth);
  say({ fault: 'none', match: '', nth: 0, seen: 0, ...(await attempt()), leftovers: leftovers() });
}

main();
