// A run that goes on again and again in one folder while the n-th system call on one of its files fails, for every n until
// none is left. Prints one line of JSON per attempt.
//   node faulty-run.cjs DATA OUTPUT ORDER      with test/process/faults preloaded
const { readdirSync, rmSync } = require('node:fs');
const { Trainer } = require('../../../dist/index.js');
const { damagedCheckpoints } = require('../faults/damaged-checkpoints.cjs');
const { openOrder } = require('../faults/order.cjs');

const [data, output, orderFile] = process.argv.slice(2);
/** What preflight found out; it is written only where it is not there yet. */
const CACHE = process.env.XDG_CACHE_HOME;

const { arm, disarm } = openOrder(orderFile);

let epochs = 1;

/** @param folder the run's; one that is not there is begun */
async function attempt(folder) {
  const trainer = new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 4, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    epochs: folder === output ? epochs : 1,
    device: 'cpu',
    output: folder,
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
  const goesOn = folder === output && told.outcome === 'completed';
  if (goesOn && !told.warnings.includes('CHECKPOINT_NOT_WRITTEN')) epochs += 1;
  return told;
}

/** Files that no run may leave behind. */
const leftovers = (folder) => readdirSync(folder).filter((name) => /tmp|lock/.test(name));

const FAULTS = [
  ...['open EACCES', 'fsync EIO', 'rename EIO'].map((fault) => [fault, 'checkpoint-']),
  ...['open EACCES', 'write ENOSPC', 'write EIO', 'write short', 'fsync EIO'].map((fault) => [
    fault,
    'metrics.jsonl',
  ]),
  ...['open EACCES', 'write ENOSPC', 'write short', 'fsync EIO', 'rename EIO'].map((fault) => [
    fault,
    'config.json',
  ]),
  ...['fsync EIO'].map((fault) => [fault, output]),
  ...['open EACCES', 'write ENOSPC', 'write short', 'rename EIO'].map((fault) => [fault, CACHE]),
];
/** Hundreds of calls, each of which ends an attempt: the first, the second, the fourth and so on. */
const SAMPLED = [
  ...['best.pth', 'last.pth'].flatMap((file) =>
    ['open EACCES', 'write ENOSPC', 'write short', 'rename EIO'].map((fault) => [fault, file]),
  ),
  ['read EIO', 'checkpoint-'],
];

async function main() {
  const say = (line) => console.log(JSON.stringify(line));
  const after = async (folder) => ({
    leftovers: leftovers(folder),
    damaged: await damagedCheckpoints(folder),
  });
  say({ fault: 'none', match: '', nth: 0, seen: 0, ...(await attempt(output)), ...(await after(output)) });
  const one = async (fault, match, nth) => {
    const [call, error] = fault.split(' ');
    if (match === CACHE) rmSync(CACHE, { recursive: true, force: true });
    // Only a run that finds better weights writes them: its first epoch does.
    const folder = match === 'best.pth' ? `${output}-begun` : output;
    if (folder !== output) rmSync(folder, { recursive: true, force: true });
    arm(call, nth, error, match);
    const told = await attempt(folder);
    const seen = disarm();
    say({ fault, match, nth, seen, ...told, ...(await after(folder)) });
    return seen;
  };
  for (const [fault, match] of FAULTS) {
    for (let nth = 1; (await one(fault, match, nth)) >= nth; nth += 1);
  }
  for (const [fault, match] of SAMPLED) {
    for (let nth = 1; (await one(fault, match, nth)) >= nth; nth *= 2);
  }
  say({ fault: 'none', match: '', nth: 0, seen: 0, ...(await attempt(output)), ...(await after(output)) });
}

main();
