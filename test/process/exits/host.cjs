// A host of torchwing that comes to its end in one of the matrix's cells (cells.cjs).
//   node host.cjs SITUATION STATE ENDING DATA PLACE
// Prints ENDING when its end is asked for, and ENDED when only the worker's was and the worker is gone.
const { writeSync } = require('node:fs');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { ENDINGS, MISSED } = require('./cells.cjs');
const { Fits } = require('./fits.cjs');

/** Whether the end has been asked for, in whichever thread. */
const asked = isMainThread ? new Int32Array(new SharedArrayBuffer(4)) : workerData.asked;

const say = (line) => writeSync(1, `${line}\n`);

/** Ends that whoever reached the state brings about himself; the others are the main thread's. */
const OWN_ENDS = {
  'uncaught error': () => {
    throw new Error('planted');
  },
  'unhandled rejection': () => void Promise.reject(new Error('planted')),
  SIGINT: () => process.kill(process.pid, 'SIGINT'),
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
};

/** A natural end is that of a whole run, but of one whose callback never comes back. */
const saysItself = ({ ending, state }) => ending !== 'natural' || state === 'in a callback';

/** What the documentation tells a host to do with signals: abort what trains, and leave with the signal's code. */
function listenForSignals(abort) {
  for (const name of ['SIGINT', 'SIGTERM']) {
    process.once(name, () => {
      process.exitCode = ENDINGS[name];
      abort();
    });
  }
}

async function inMain([situation, state, ending, data, place]) {
  const cell = { state, ending, data, place };
  if (situation.startsWith('in ')) return inWorkers(cell, situation === 'in two workers' ? 2 : 1);
  if (situation === 'after a worker') {
    if (ending === 'terminate()') return afterTerminatedWorker(cell);
    await ended(startWorker({ cell: { ...cell, state: 'idle', ending: 'natural' }, names: [], whole: true }));
  }
  const reached = () => {
    if (!saysItself(cell)) return;
    say('ENDING');
    if (ending === 'process.exit') process.exit(ENDINGS[ending]);
    OWN_ENDS[ending]?.();
  };
  const fits = new Fits(cell, asked, { reached, failing: () => say('ENDING') });
  listenForSignals(() => fits.abort());
  await fits.run(situation === 'two trainers' ? ['a', 'b'] : ['a']);
  if (ending === 'natural') say('ENDING');
}

async function inWorkers(cell, count) {
  const { ending } = cell;
  const names = ['a', 'b'].slice(0, count);
  const workers = names.map((name) => startWorker({ cell, names: [name] }));
  listenForSignals(() => {
    for (const worker of workers) worker.postMessage('stop');
  });
  const reached = () => {
    if (!saysItself(cell)) return;
    say('ENDING');
    if (ending === 'process.exit') process.exit(ENDINGS[ending]);
    if (ending === 'terminate()') for (const worker of workers) worker.terminate();
  };
  for (const worker of workers) worker.once('message', reached);
  await Promise.all(workers.map(ended));
  if (ending === 'natural') say('ENDING');
}

async function afterTerminatedWorker(cell) {
  const worker = startWorker({ cell, names: ['a'] });
  await new Promise((resolve) => worker.once('message', resolve));
  say('ENDING');
  await worker.terminate();
  say('ENDED');
  await new Fits(cell, asked, {}).whole('b');
  say('ENDING');
}

function startWorker(work) {
  return new Worker(__filename, { workerData: { ...work, asked } });
}

/** Without a listener for its error, which is therefore an uncaught one of the main thread. */
async function ended(worker) {
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  if (code === MISSED) process.exit(MISSED);
}

async function inWorker({ cell, names, whole = false }) {
  if (whole) return new Fits(cell, asked, {}).whole('before');
  const fits = new Fits(cell, asked, {
    reached: () => {
      if (OWN_ENDS[cell.ending]) say('ENDING');
      else parentPort.postMessage('reached');
      OWN_ENDS[cell.ending]?.();
    },
    failing: () => say('ENDING'),
  });
  parentPort.on('message', () => fits.abort());
  parentPort.unref();
  await fits.run(names);
}

if (isMainThread) void inMain(process.argv.slice(2));
else void inWorker(workerData);
