// A host that trains through the API and ends in the way that its first argument names, in the midst of an epoch.
//   node host.cjs ENDING DATA
const { Trainer } = require('../../../dist/index.js');

const [ending, data] = process.argv.slice(2);
const controller = new AbortController();
const trainer = new Trainer({
  data: { dir: data, imageSize: 32, batchSize: 4, workers: 2 },
  model: { weights: null },
  epochs: 1000,
  device: 'cpu',
});

const endings = {
  exit: () => process.exit(7),
  uncaught: () => {
    throw new Error('planted');
  },
  // The test sends the signal when it reads this line.
  sigint: () => require('node:fs').writeSync(1, 'TRAINING\n'),
  natural: () => controller.abort(new Error('enough')),
};

let steps = 0;
trainer
  .fit({
    signal: controller.signal,
    onProgress: ({ epoch }) => {
      steps += 1;
      // Out of the callback's promise chain, so that a throw is uncaught.
      if (steps === 2 && epoch >= 0) setImmediate(endings[ending]);
    },
  })
  .then(
    () => {},
    (error) => {
      if (error.message !== 'enough') throw error;
    },
  );
