// A run that goes on again and again in one folder while the n-th system call on one of its files fails, for every n until
// none is left. Prints one line of JSON per attempt.
//   node faulty-run.cjs DATA OUTPUT ORDER      with test/process/faults preloaded
const { openSync, readSync, readdirSync, rmSync, writeSync } = require('node:fs');
const { Trainer } = require('../../../dist/index.js');

const [data, output, orderFile] = process.argv.slice(2);
const CALLS = { none: 0, open: 1, write: 2, fsync: 3, rename: 4 };
const ERRORS = { EIO: 5, EACCES: 13, ENOSPC: 28, short: 0 };
const SEEN_AT = 12;
/** What preflight found out; it is written only where it is not there yet. */
const CACHE = process.env.XDG_CACHE_HOME;

const order = openSync(orderFile, 'r+');

function arm(call, nth, error, match) {
  const bytes = Buffer.alloc(80);
  for (const [at, value] of [CALLS[call], nth, ERRORS[error] ?? 0, 0].entries())
    bytes.writeInt32LE(value, 4 * at);
  bytes.write(match, 16, 'latin1');
  writeSync(order, bytes, 0, bytes.length, 0);
}

/** Ends the fault; how many calls it had to choose from. */
function disarm() {
  const bytes = Buffer.alloc(4);
  readSync(order, bytes, 0, 4, SEEN_AT);
  arm('none', 0, 'EIO', '');
  return bytes.readInt32LE(0);
}

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
