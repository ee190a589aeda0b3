// Fits in a process whose largest tensors find no memory. Prints one line of JSON per fit: how it ended, and its warnings.
//   node out-of-memory.cjs DATA OUTPUT      with test/process/faults/memory.c preloaded
const { join } = require('node:path');
const { Trainer } = require('../../../dist/index.js');

const [data, output] = process.argv.slice(2);

function trainerOf({ batchSize = 16, autoBatch = false, mode = 'finetune', folder = null }) {
  return new Trainer({
    data: { dir: data, imageSize: 128, batchSize, workers: 1, preflight: false },
    model: { weights: null },
    mode,
    epochs: 1,
    device: 'cpu',
    threads: 1,
    autoBatch,
    output: folder === null ? null : join(output, folder),
    checkpoint: { everySteps: 1, everySeconds: 0 },
  });
}

async function attempt(name, trainer, options = {}) {
  const told = { name, outcome: 'completed', warnings: [] };
  try {
    await trainer.fit({
      onWarning: ({ code, message }) => told.warnings.push({ code, message }),
      ...options,
    });
  } catch (error) {
    Object.assign(told, {
      outcome: error.code ?? String(error),
      message: error.message,
      hint: error.hint,
      details: error.details,
    });
  }
  console.log(JSON.stringify(told));
}

async function main() {
  const refused = trainerOf({});
  await attempt('refused', refused);
  await attempt('refused again', refused);
  refused.dispose();
  const smaller = trainerOf({ batchSize: 4 });
  await attempt('smaller', smaller);
  smaller.dispose();
  const whole = trainerOf({ autoBatch: true, folder: 'whole' });
  await attempt('whole', whole);
  whole.dispose();

  const controller = new AbortController();
  const cut = trainerOf({ autoBatch: true, folder: 'cut' });
  await attempt('cut', cut, {
    signal: controller.signal,
    onCheckpoint: ({ kind }) => kind === 'resume' && controller.abort({ code: 'cut' }),
  });
  await attempt('resumed', cut, { resume: 'auto' });
  cut.dispose();
}

main();
