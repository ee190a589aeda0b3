// Trains on a disk that stops answering after the first epoch, and then ends in the way that is asked for.
//   node stalled-host.cjs DATA ORDER ENDING      with test/process/faults/stall.c preloaded; ORDER is its order
const fs = require('node:fs');
const { Trainer } = require('../../../dist/index.js');

const [data, order, ending] = process.argv.slice(2);
const controller = new AbortController();
const trainer = new Trainer({
  data: { dir: data, imageSize: 32, batchSize: 2, workers: 2 },
  model: { weights: null },
  mode: 'extractor',
  epochs: 3,
  device: 'cpu',
});

const ENDINGS = {
  abort: () => controller.abort(new Error('enough')),
  exit: () => process.exit(7),
  uncaught: () => {
    throw new Error('planted');
  },
  // A disk that is slow, and no more.
  answer: () => fs.rmSync(order),
  // One that answers once its silence was told of.
  warned: () => {},
};

function whenStalled(act) {
  if (!fs.existsSync(`${order}.reached`)) return setTimeout(whenStalled, 20, act);
  fs.writeSync(1, 'STALLED\n');
  return act();
}

trainer
  .fit({
    signal: controller.signal,
    onWarning: ({ code, message }) => {
      if (code !== 'DATA_STALLED') return;
      console.log(`${code} ${message}`);
      fs.rmSync(order, { force: true });
    },
    onEpochEnd: ({ epoch }) => {
      if (epoch !== 0) return;
      fs.writeFileSync(order, 'ants/000.png\n');
      whenStalled(ENDINGS[ending]);
    },
  })
  .then(
    ({ stopped }) => stopped,
    (error) => error.message,
  )
  .then((outcome) => {
    trainer.dispose();
    console.log(outcome);
  });
