// Fits whose callbacks are slow, busy or never come back. Prints one line of JSON.
//   node --expose-gc back-pressure.cjs never|slow|busy|flood DATA OUTPUT
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const { Trainer } = require('../../../dist/index.js');
const { warnNative } = require('../../../dist/native/warnings.js');
const { EventDelivery } = require('../../../dist/trainer/event-delivery.js');
const { StopControl } = require('../../../dist/trainer/stop-control.js');

const [part, data, output] = process.argv.slice(2);

function trainer(config) {
  return new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 2, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    device: 'cpu',
    threads: 1,
    output,
    overwrite: true,
    checkpoint: { everySteps: 3 },
    ...config,
  });
}

let warnings = 0;
/** One that nobody has heard yet. */
function warn() {
  warnings += 1;
  warnNative({ code: 'LIBTORCH_WARNING', message: `Warning ${warnings} of this test.` });
}

/** For each kind of event: callbacks hang from the first of them on; then the run is aborted. */
async function never() {
  const told = {};
  for (const kind of ['start', 'progress', 'phaseEnd', 'checkpoint', 'warning', 'epochEnd', 'end']) {
    const abort = new AbortController();
    const reason = new Error('enough');
    const one = trainer({ epochs: kind === 'end' ? 1 : 1000 });
    let aborted = null;
    const abortSoon = () => {
      aborted = performance.now();
      abort.abort(reason);
    };
    const onEvent = ({ type }) => {
      if (type === 'phaseEnd') warn();
      if (aborted === null && type !== kind) return undefined;
      if (aborted === null) setTimeout(abortSoon, 100);
      return new Promise(() => {});
    };
    const error = await one.fit({ signal: abort.signal, onEvent }).catch((thrown) => thrown);
    told[kind] = { rejected: error === reason, milliseconds: performance.now() - aborted };
    one.dispose();
  }
  return told;
}

const SLOW = 10_000;

/** The first progress of a run and the end of its first epoch are each dealt with for ten seconds. */
async function slow() {
  const one = trainer({ epochs: 3 });
  const order = [];
  let steps = 0;
  let ticks = 0;
  const clock = setInterval(() => {
    ticks += 1;
  }, 100);
  const { stopped, seconds } = await one.fit({
    onProgress: async ({ step }) => {
      order.push('progress');
      steps = step;
      if (order.length === 1) await wait(SLOW);
    },
    onPhaseEnd: ({ phase, epoch }) => order.push(`phaseEnd ${phase} ${epoch}`),
    onEpochEnd: async ({ epoch }) => {
      order.push(`epochEnd ${epoch}`);
      if (epoch === 0) await wait(SLOW);
    },
  });
  clearInterval(clock);
  one.dispose();
  return { stopped, seconds, ticks, steps, order: order.filter((name) => name !== 'progress') };
}

/** The main thread is kept busy by every callback. What was delivered, and what the run wrote down. */
async function busy() {
  const one = trainer({ epochs: 4 });
  const delivered = [];
  await one.fit({
    onEvent: (event) => {
      delivered.push(event);
      if (event.type === 'phaseEnd' || event.type === 'checkpoint') warn();
      const end = performance.now() + 60;
      while (performance.now() < end);
    },
  });
  one.dispose();
  const written = readFileSync(join(output, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  return { delivered, written, warnings };
}

const FLOOD = 10_000;

/** Ten thousand progress events and a tenth as many others while a callback is out. */
async function flood() {
  let release = () => {};
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  const delivered = { progress: [], warning: [] };
  const events = new EventDelivery(
    'run',
    {
      onProgress: async ({ step }) => {
        delivered.progress.push(step);
        await gate;
      },
      onWarning: ({ message }) => delivered.warning.push(message),
    },
    new StopControl(),
  );
  const progress = (step) =>
    events.offerProgress({ type: 'progress', phase: 'train', epoch: 0, step, steps: FLOOD });
  progress(1);
  await wait(1);
  const heapUsed = () => {
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  };
  const before = heapUsed();
  for (let step = 2; step <= FLOOD; step += 1) {
    progress(step);
    if (step % 1000 === 0) await wait(0);
  }
  const held = heapUsed() - before;
  for (let at = 0; at < FLOOD / 10; at += 1) {
    events.post({ type: 'warning', code: 'TEST', message: `${at}` });
    progress(FLOOD + at);
  }
  release();
  await events.emit({ type: 'end', stopped: 'completed', best: null, seconds: 1 });
  return { held, ...delivered };
}

({ never, slow, busy, flood })[part]().then((told) => console.log(JSON.stringify(told)));
